import { z } from "zod";
import { changedPaths, findingsError, git } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { isRegistryFile } from "../registry/registry_files.ts";
import { Registry } from "../registry/registry.ts";
import { checkRegistry } from "../registry/check_registry.ts";

export default defineCommand({
  name: "commit",
  brief: "Check the registry and commit its files only",
  description: "Refused while ssmd validate reports errors. Other staged files stay staged.",
  changes: "config-changes",
  examples: ['ssmd commit -m "feeds: kraken"'],
  flags: {
    message: text("Commit message: the change and its reason", { alias: "m", required: true }),
  },
  output: z.object({
    commit: z.string().nullable().describe("null = nothing to commit"),
    files: z.array(z.string()),
  }),
  table({ commit, files }) {
    const verdict = commit === null ? "nothing to commit" : `committed as ${commit.slice(0, 10)}`;
    return { text: [...files, verdict].map((line) => `${line}\n`).join("") };
  },
  async run({ flags, context }) {
    const registry = await Registry.open(context.globals);
    const { findings } = checkRegistry(registry);
    if (findings.length > 0) throw findingsError(findings);
    const { dir } = registry;
    const paths = (await changedPaths(dir)).filter(isRegistryFile);
    if (paths.length === 0) return { commit: null, files: [] };
    await git(dir, "add", "-A", "--", ...paths);
    await git(dir, "commit", "-q", "-m", flags.message, "--only", "--", ...paths);
    const commit = (await git(dir, "rev-parse", "HEAD")).trim();
    return { commit, files: paths.map((path) => `${dir}/${path}`) };
  },
});
