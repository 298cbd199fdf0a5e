import { ConfigError } from "@ssmd/runtime";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { SYMBOL_NAME } from "../registry/registry_args.ts";
import { namesHint } from "../unknown_name.ts";
import { noteRunning } from "../registry/note_running.ts";

export default defineCommand({
  name: "symbol unmap",
  brief: "Remove a symbol from an environment",
  description:
    "Its archived data is kept. Running processes unsubscribe it with ssmd env apply, or at " +
    "their next start.",
  examples: ["ssmd symbol unmap BTCUSD --env demo --dry-run"],
  flags: { ...EDIT_FLAGS, env: ENVIRONMENT_REQUIRED },
  args: [SYMBOL_NAME],
  ...EDIT,
  async run({ flags, args: [symbol], context }) {
    const result = await editFile(context, {
      ...{ kind: "environment", name: flags.env },
      change(edit, registry) {
        const { symbols } = environmentOf(registry, flags.env);
        if (!edit.remove(["symbols", symbol])) {
          throw new ConfigError("SYMBOL_UNKNOWN", `${flags.env} has no symbol "${symbol}"`, {
            hint: namesHint(symbol, Object.keys(symbols)),
          });
        }
      },
    }, flags);
    if (!flags.dryRun) await noteRunning(context, flags.env);
    return result;
  },
});
