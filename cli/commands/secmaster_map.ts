import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { instantFlag, INSTRUMENT_ID, nowText } from "../secmaster/flags.ts";

export default defineCommand({
  name: "secmaster map",
  brief: "Say how a feed names an instrument, from when to when",
  description:
    "Nothing that was known is changed: to end a name, map it again with the same --from and a --to; " +
    "with --to at --from it was never right.",
  examples: [
    "ssmd secmaster map BTCUSD --feed kalshi --external KXBTC --from 2026-12-01 --dry-run",
  ],
  flags: {
    ...EDIT_FLAGS,
    feed: text("The feed", { placeholder: "feed", completes: "feed", required: true }),
    external: text("The venue's name", { placeholder: "name", required: true }),
    from: instantFlag("From when (UTC); default now"),
    to: instantFlag("Until when, exclusive; default until further notice"),
  },
  args: [INSTRUMENT_ID],
  ...EDIT,
  async run({ flags, args: [id], context }) {
    const known = nowText();
    const { feed, external, from = known, to } = flags;
    const mapping = { feed, external, from, ...(to === undefined ? {} : { to }), known };
    return await editFile(context, {
      ...{ kind: "instrument", name: id },
      change(edit) {
        if (edit.get(["mappings"]) === undefined) edit.set(["mappings"], [mapping]);
        else edit.append(["mappings"], mapping);
      },
    }, flags);
  },
});
