import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { sortedBy } from "../format.ts";
import { timesOf } from "../secmaster/flags.ts";
import {
  INSTRUMENT_ROW,
  instrumentRow,
  MASTER_FLAGS,
  openMaster,
} from "../secmaster/open_master.ts";

export default defineCommand({
  name: "secmaster search",
  brief: "Find instruments by part of their id, name, FIGI or a feed's name",
  examples: ["ssmd secmaster search bitcoin", "ssmd secmaster search XBT --output json"],
  flags: MASTER_FLAGS,
  args: [text("Text to look for, case-insensitive", { placeholder: "text", required: true })],
  output: z.array(INSTRUMENT_ROW),
  table: rowsOf("instrument"),
  async run({ flags, args: [wanted], context }) {
    const master = await openMaster(context, flags);
    const at = timesOf({});
    const word = wanted.toLowerCase();
    const found = [...master.all()].filter(({ id, name, mappings }) =>
      [id, name, master.versionAt(id, at)?.figi ?? "", ...mappings.map((each) => each.external)]
        .some((each) => each.toLowerCase().includes(word))
    );
    return sortedBy(found.map((each) => instrumentRow(master, each, at)), "id");
  },
});
