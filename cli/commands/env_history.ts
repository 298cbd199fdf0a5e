import { buildCommand, type Command } from "@stricli/core";
import { historyOf, registryPathOf, textIn } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { SsmdContext } from "../context.ts";
import { changeLines, fileChange } from "../registry/change.ts";
import { docs, numberFlag, REGISTRY_FLAGS, type RegistryFlags, word } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { showList } from "../registry/show.ts";

interface Flags extends RegistryFlags {
  limit?: number;
}

/** `ssmd env history` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Tell who changed an environment when, and what",
    "From git, newest first; also of an environment that was deleted.",
    ["ssmd env history demo", "ssmd env history demo --limit 5 --output json"],
  ),
  parameters: {
    flags: { ...REGISTRY_FLAGS, limit: numberFlag("Newest commits only", "count") },
    positional: { kind: "tuple", parameters: [word("The environment's name", "env")] },
  },
  async func(flags, name) {
    const registry = await Registry.open(this.globals);
    const path = registryPathOf({ kind: "environment", name });
    const commits = await historyOf(registry.dir, path);
    if (commits.length === 0) {
      if (!registry.texts.has(path)) {
        throw registry.unknown("environment", name, registry.names("environment"));
      }
      throw new ConfigError("GIT_FAILED", `git knows nothing of environment "${name}" yet`, {
        hint: 'ssmd commit -m "…" begins its history',
      });
    }
    const shown = commits.slice(0, flags.limit ?? commits.length);
    const texts = await Promise.all(
      commits.slice(0, shown.length + 1).map(({ commit }) => textIn(registry.dir, commit, path)),
    );
    const value = shown.map((commit, i) => {
      const change = fileChange(path, texts[i + 1], texts[i]);
      return { ...commit, kind: change.kind, changes: change.changes, lines: changeLines(change) };
    });
    const rows = value.map(({ commit, time, author, subject, kind, changes, lines }) => ({
      commit: commit.slice(0, 10),
      ...{ time, author, subject },
      what: kind === "changed" && changes.length > 0
        ? lines.slice(1).map((line) => line.trim()).join("; ")
        : kind,
    }));
    const json = value.map(({ lines: _, ...rest }) => rest);
    showList(this, rows, ["commit", "commits"], flags.output, json);
  },
});
