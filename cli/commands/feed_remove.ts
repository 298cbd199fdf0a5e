import type { Environment, YamlEdit } from "@ssmd/metadata";
import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { UsageError } from "../exit.ts";
import { applyChanges, EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { FEED_ID } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";

export default defineCommand({
  name: "feed remove",
  brief: "Remove a feed with its symbols from an environment, or from the registry",
  description:
    "Without --env, removes the feed's file, which is refused while an environment uses it. " +
    "Git keeps what was committed.",
  examples: [
    "ssmd feed remove kalshi --env demo --dry-run",
    "ssmd feed remove kraken --env demo --yes",
  ],
  flags: { ...EDIT_FLAGS, env: ENVIRONMENT_FILTER },
  args: [FEED_ID],
  ...EDIT,
  async run({ flags: { env, dryRun }, args: [id], context }) {
    if (env === undefined) {
      const registry = await Registry.open(context.globals);
      registry.text("feed", id);
      const changes = new Map([[`feeds/${id}.yaml`, undefined]]);
      const question = `Remove ${registry.dir}/feeds/${id}.yaml?`;
      return await applyChanges(context, { registry, changes }, { dryRun, question });
    }
    const question = `Remove feed ${id} and its symbols from environment ${env}?`;
    const change = (edit: YamlEdit, registry: Registry) =>
      removeFeed(edit, id, environmentOf(registry, env));
    return await editFile(context, { kind: "environment", name: env, change }, {
      dryRun,
      question,
    });
  },
});

function removeFeed(
  edit: YamlEdit,
  id: string,
  { name, feeds, symbols }: Environment,
): void {
  const index = feeds.indexOf(id);
  if (index < 0) {
    throw new UsageError("USAGE", `Environment ${name} has no feed "${id}"`, {
      hint: `It has: ${feeds.join(", ")}`,
    });
  }
  edit.remove(["feeds", index]);
  for (const [symbol, { feed }] of Object.entries(symbols)) {
    if (feed === id) edit.remove(["symbols", symbol]);
  }
  for (const path of [["endpoints"], ["credentials"], ["simulator", "ports"]]) {
    edit.remove([...path, id]);
  }
}
