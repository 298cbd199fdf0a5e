import { LISTED_REASONS } from "@ssmd/dataset/inventory";
import { defineCommand } from "../command/define.ts";
import { choice, text } from "../command/flag.ts";
import { GAPS, gapTable, listGaps } from "../data/gap_list.ts";
import { INVENTORY_FLAGS } from "../data/inventory_flags.ts";

export default defineCommand({
  name: "data gaps",
  brief: "List gaps in archived days, with their reasons",
  description:
    "Each line is a gap: the record that opened it joined with the one that ended it, also " +
    "across midnight. Times are UTC.\n\nfrom      last moment known to be good; to: first " +
    "moment good again, - = no end is recorded\nlasted    time between them\nsymbol    " +
    "market, _all = the whole feed\nreason    disconnect: the connection broke; sequence: " +
    "the venue's sequence numbers have a hole; checksum: the book did not match the venue's " +
    "checksum; slow: ssmd could not keep up; parse: a frame could not be parsed; clock: the " +
    "machine's clock jumped; subscription: requested, and refused or never sent; planned: " +
    "the capture was stopped on purpose; no_records: raw frames of the day were never made " +
    "into records, see ssmd reprocess run\nchannel   type of the missing records; all = every " +
    "type\nmissed    messages known to be missing, - = unknown\nended     recovered: " +
    "complete from then on; lost: the data between is lost, what follows is complete; open: " +
    "no end is recorded\n\nDays without any archived data are not gaps: see ssmd data " +
    "inventory --status missing.",
  examples: [
    "ssmd data gaps --env demo",
    "ssmd data gaps --feed kraken --date 2026-08-01 --reason disconnect",
  ],
  flags: {
    ...INVENTORY_FLAGS,
    reason: choice(LISTED_REASONS, "Reason; may be repeated", { repeated: true }),
    symbol: text("Gaps of this symbol and of the whole feed; may be repeated", {
      placeholder: "symbol",
      completes: "symbol",
      repeated: true,
    }),
  },
  output: GAPS,
  table: gapTable,
  run: ({ flags, context }) => listGaps(context, flags),
});
