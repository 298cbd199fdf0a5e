import { defineCommand } from "../command/define.ts";
import { GAPS, gapTable, listGaps } from "../data/gap_list.ts";
import { INVENTORY_FLAGS } from "../data/inventory_flags.ts";

export default defineCommand({
  name: "clock jumps",
  brief: "List when the clock of a capture jumped or was not synchronized",
  description:
    "Lists the gaps with reason clock; times within them are not reliable. Columns as in " +
    "ssmd data gaps.",
  examples: ["ssmd clock jumps --env demo", "ssmd clock jumps --from 7d --to today --output json"],
  flags: INVENTORY_FLAGS,
  output: GAPS,
  table: gapTable,
  run: ({ flags, context }) => listGaps(context, { ...flags, reason: ["clock"] }),
});
