import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { noteRunning } from "../registry/note_running.ts";
import { SYMBOL_NAME } from "../registry/registry_args.ts";

export default defineCommand({
  name: "shard move",
  brief: "Move a symbol to another shard by giving it the attributes that the shard selects",
  description: "Changes only the file; ssmd shard apply applies it to running processes.",
  examples: ["ssmd shard move SOLUSD tier1 --env demo-shards --dry-run"],
  flags: { ...EDIT_FLAGS, env: ENVIRONMENT_REQUIRED },
  args: [SYMBOL_NAME, text("Name of the shard", { placeholder: "shard", required: true })],
  ...EDIT,
  async run({ flags, args: [symbol, shard], context }) {
    const result = await editFile(context, {
      ...{ kind: "environment", name: flags.env },
      change(edit, registry) {
        const { shards = {}, symbols } = environmentOf(registry, flags.env);
        const selector = shards[shard]?.selector;
        if (selector === undefined) throw registry.unknown("shard", shard, Object.keys(shards));
        if (!Object.hasOwn(symbols, symbol)) {
          throw registry.unknown("symbol", symbol, Object.keys(symbols));
        }
        for (const [name, value] of Object.entries(selector)) {
          if (edit.get(["symbols", symbol, name]) !== value) {
            edit.set(["symbols", symbol, name], value);
          }
        }
      },
    }, flags);
    if (!flags.dryRun) await noteRunning(context, flags.env);
    return result;
  },
});
