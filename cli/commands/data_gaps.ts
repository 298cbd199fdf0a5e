import { GAP_REASONS } from "@ssmd/market";
import { defineCommand } from "../command/define.ts";
import { choice, text } from "../command/flag.ts";
import { GAPS, gapTable, listGaps } from "../data/gap_list.ts";
import { INVENTORY_FLAGS } from "../data/inventory_flags.ts";

export default defineCommand({
  name: "data gaps",
  brief: "List what is missing within archived days, and why",
  description:
    "A line is a gap: the record that opened it and the one that ended it together, also over " +
    "midnight. Times are UTC.\n\n" +
    "from      last moment known to be good; to: first moment good again, - = no end is recorded\n" +
    "lasted    the time between them\n" +
    "symbol    the market, _all = the whole feed\n" +
    "reason    disconnect: the connection broke; sequence: the venue's numbers have a hole; " +
    "checksum: the book did not have the venue's checksum; slow: we fell behind; parse: a frame " +
    "could not be read; clock: our clock jumped; subscription: ordered, and refused or never sent; " +
    "planned: the capture was stopped on purpose\n" +
    "channel   the type of record that is missing; all = every one\n" +
    "missed    messages known to be missing, - = not known\n" +
    "ended     recovered: all is right again from then on; lost: what lies between is gone, what " +
    "follows is right; open: no end is recorded\n\n" +
    "Days of which nothing is archived are no gaps: ssmd data inventory --status missing.",
  examples: [
    "ssmd data gaps --env demo",
    "ssmd data gaps --feed kraken --date 2026-08-01 --reason disconnect",
  ],
  flags: {
    ...INVENTORY_FLAGS,
    reason: choice(GAP_REASONS, "For this reason; may be repeated", { repeated: true }),
    symbol: text("Of this symbol and of the whole feed; may be repeated", {
      placeholder: "symbol",
      completes: "symbol",
      repeated: true,
    }),
  },
  output: GAPS,
  table: gapTable,
  run: ({ flags, context }) => listGaps(context, flags),
});
