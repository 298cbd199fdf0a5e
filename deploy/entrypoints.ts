/** Programs of the project; each has a permission set of the same name in deno.json. */
export const ENTRYPOINTS: Readonly<Record<string, string>> = {
  ssmd: "cli/main.ts",
  connector: "connector/main.ts",
  archiver: "archiver/main.ts",
  gateway: "gateway/main.ts",
};
