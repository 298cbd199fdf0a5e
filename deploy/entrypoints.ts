/** A program of the project. */
export type Program =
  | "ssmd"
  | "connector"
  | "archiver"
  | "gateway"
  | "signals"
  | "agents"
  | "worker";

/** Main module of each program; deno.json has a permission set of the same name. */
export const ENTRYPOINTS: Readonly<Record<Program, string>> = {
  ssmd: "cli/main.ts",
  connector: "connector/main.ts",
  archiver: "archiver/main.ts",
  gateway: "gateway/main.ts",
  signals: "signals/main.ts",
  agents: "agents/main.ts",
  worker: "jobs/main.ts",
};

/** A program that a compiled one starts from its own folder; from the sources, Deno runs it. */
export type Companion = "ssmd-query" | "ssmd-host";

/** Main module of each companion. */
export const COMPANIONS: Readonly<Record<Companion, string>> = {
  "ssmd-query": "dataset/query/engine.ts",
  "ssmd-host": "deploy/host.ts",
};
