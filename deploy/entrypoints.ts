/** A program of the project. */
export type Program =
  | "ssmd"
  | "connector"
  | "archiver"
  | "gateway"
  | "signals"
  | "agents"
  | "worker";

/** The module that each starts with; each has a permission set of the same name in deno.json. */
export const ENTRYPOINTS: Readonly<Record<Program, string>> = {
  ssmd: "cli/main.ts",
  connector: "connector/main.ts",
  archiver: "archiver/main.ts",
  gateway: "gateway/main.ts",
  signals: "signals/main.ts",
  agents: "agents/main.ts",
  worker: "jobs/main.ts",
};
