import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text, whole } from "../command/flag.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { noteRunning } from "../registry/note_running.ts";
import { SYMBOL_NAME } from "../registry/registry_args.ts";

export default defineCommand({
  name: "symbol map",
  brief: "Map a symbol to a venue's market in an environment",
  description: "An existing mapping is changed in the fields given by flags.",
  examples: [
    "ssmd symbol map ADAUSD --env demo --feed kraken --external ADA/USD --depth 10 --dry-run",
    "ssmd symbol map KXHIGHNY-26DEC31-T45 --env kalshi --feed kalshi --dry-run",
  ],
  flags: {
    ...EDIT_FLAGS,
    env: ENVIRONMENT_REQUIRED,
    feed: text("Feed of the market", {
      placeholder: "feed",
      completes: "feed",
      required: true,
    }),
    external: text("The venue's name; default: the same as ours", { placeholder: "name" }),
    depth: whole("Levels per side of the book", { placeholder: "levels" }),
  },
  args: [SYMBOL_NAME],
  ...EDIT,
  async run({ flags, args: [symbol], context }) {
    const result = await editFile(context, {
      ...{ kind: "environment", name: flags.env },
      change(edit) {
        const at = ["symbols", symbol];
        const { feed, external, depth } = flags;
        const own = edit.get(at) as Record<string, unknown> | undefined;
        if (own === undefined) {
          edit.set(at, {
            ...{ feed, external: external ?? symbol },
            ...(depth === undefined ? {} : { depth }),
          });
          return;
        }
        for (const [field, value] of Object.entries({ feed, external, depth })) {
          if (value !== undefined && own[field] !== value) edit.set([...at, field], value);
        }
      },
    }, flags);
    if (!flags.dryRun) await noteRunning(context, flags.env);
    return result;
  },
});
