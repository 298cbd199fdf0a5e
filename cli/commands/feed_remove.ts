import { buildCommand, type Command } from "@stricli/core";
import { ENV_NEEDED_FLAG } from "../flags.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { applyChanges } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { docs, EDIT_FLAGS, type EditFlags, word } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";

interface Flags extends EditFlags {
  env?: string;
}

/** `ssmd feed remove` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Take a feed with its symbols out of an environment, or out of the registry",
    "Without --env the feed's file is removed, which is refused while an environment uses it. Git " +
      "keeps what was committed.",
    ["ssmd feed remove kalshi --env demo --dry-run", "ssmd feed remove kraken --env demo --yes"],
  ),
  parameters: {
    flags: { ...EDIT_FLAGS, env: { ...ENV_NEEDED_FLAG, optional: true } },
    positional: { kind: "tuple", parameters: [word("The feed's id", "feed")] },
  },
  async func(flags, id) {
    const { env } = flags;
    if (env === undefined) {
      const registry = await Registry.open(this.globals);
      registry.text("feed", id);
      const changes = new Map([[`feeds/${id}.yaml`, undefined]]);
      const question = `Remove ${registry.dir}/feeds/${id}.yaml?`;
      return await applyChanges(registry, changes, flags, this, { question });
    }
    await editFile("environment", env, flags, this, (edit, registry) => {
      const { feeds, symbols } = registry.environment(env);
      const index = feeds.indexOf(id);
      if (index < 0) {
        throw new UsageError("USAGE", `environment ${env} has no feed "${id}"`, {
          hint: `it has: ${feeds.join(", ")}`,
        });
      }
      edit.remove(["feeds", index]);
      for (const [symbol, { feed }] of Object.entries(symbols)) {
        if (feed === id) edit.remove(["symbols", symbol]);
      }
      for (const path of [["endpoints"], ["credentials"], ["simulator", "ports"]]) {
        edit.remove([...path, id]);
      }
    }, { question: `Remove feed ${id} and its symbols from environment ${env}?` });
  },
});
