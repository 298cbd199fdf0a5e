import { z } from "zod";
import { historyOf, registryPathOf, textIn } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { whole } from "../command/flag.ts";
import { changeLines, fileChange, VALUE_CHANGE } from "../registry/change.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";

const COMMIT = z.object({
  commit: z.string(),
  time: z.string(),
  author: z.string(),
  subject: z.string(),
  kind: z.enum(["added", "removed", "changed"]),
  changes: z.array(VALUE_CHANGE),
});

export default defineCommand({
  name: "env history",
  brief: "Show who changed an environment, when and how",
  description: "Read from git, newest first; also works for a deleted environment.",
  examples: ["ssmd env history demo", "ssmd env history demo --limit 5 --output json"],
  flags: { limit: whole("Maximum number of commits, newest first", { placeholder: "count" }) },
  args: [ENV_NAME],
  output: z.array(COMMIT),
  table: (commits) => ({ rows: commits.map(rowOf), counted: "commit" }),
  async run({ flags, args: [name], context }) {
    const registry = await Registry.open(context.globals);
    const path = registryPathOf({ kind: "environment", name });
    const commits = await historyOf(registry.dir, path);
    if (commits.length === 0) throw withoutHistory(registry, name);
    const shown = commits.slice(0, flags.limit ?? commits.length);
    const texts = await Promise.all(
      commits.slice(0, shown.length + 1).map(({ commit }) => textIn(registry.dir, commit, path)),
    );
    return shown.map((commit, i) => {
      const { kind, changes } = fileChange(path, texts[i + 1], texts[i]);
      return { ...commit, kind, changes };
    });
  },
});

function rowOf({ commit, time, author, subject, kind, changes }: z.output<typeof COMMIT>) {
  const lines = changeLines({ file: "", kind, changes, diff: "" }).slice(1);
  const what = kind === "changed" && changes.length > 0
    ? lines.map((line) => line.trim()).join("; ")
    : kind;
  return { commit: commit.slice(0, 10), time, author, subject, what };
}

function withoutHistory(registry: Registry, name: string): ConfigError {
  if (!registry.texts.has(registryPathOf({ kind: "environment", name }))) {
    return registry.unknown("environment", name, registry.names("environment"));
  }
  return new ConfigError("GIT_FAILED", `git knows nothing of environment "${name}" yet`, {
    hint: 'ssmd commit -m "…" begins its history',
  });
}
