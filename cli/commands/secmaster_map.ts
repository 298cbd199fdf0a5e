import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { YamlEdit } from "@ssmd/metadata";
import { EDIT } from "../registry/change.ts";
import type { Registry } from "../registry/registry.ts";
import { instantFlag, INSTRUMENT_ID, nowText } from "../secmaster/flags.ts";
import { applyInstrumentChange, CHANGE_FLAGS } from "../secmaster/instrument_change.ts";

export default defineCommand({
  name: "secmaster map",
  brief: "Map a feed's name to an instrument for a span of time",
  description:
    "Earlier knowledge is not changed: to end a name, map it again with the same --from and " +
    "a --to; with --to equal to --from the name was never valid.",
  examples: [
    "ssmd secmaster map BTCUSD --feed kalshi --external KXBTC --from 2026-12-01 --dry-run",
    "ssmd secmaster map BTCUSD --feed kalshi --external KXBTC --dynamic --env demo-nats",
  ],
  flags: {
    ...CHANGE_FLAGS,
    feed: text("Feed", { placeholder: "feed", completes: "feed", required: true }),
    external: text("The venue's name", { placeholder: "name", required: true }),
    from: instantFlag("Start (UTC); default now"),
    to: instantFlag("End, exclusive; default until further notice"),
  },
  args: [INSTRUMENT_ID],
  ...EDIT,
  async run({ flags, args: [id], context }) {
    const known = nowText();
    const { feed, external, from = known, to } = flags;
    const mapping = { feed, external, from, ...(to === undefined ? {} : { to }), known };
    const newText = (registry: Registry) => {
      const edit = new YamlEdit(registry.text("instrument", id));
      if (edit.get(["mappings"]) === undefined) edit.set(["mappings"], [mapping]);
      else edit.append(["mappings"], mapping);
      return edit.toString();
    };
    return await applyInstrumentChange(context, { id, newText }, flags);
  },
});
