import { ASSET_CLASSES, LIFE_STATES } from "@ssmd/metadata";
import { z } from "zod";
import { FEED_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { choice } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { sortedBy } from "../format.ts";
import { AS_OF_TIME, KNOWN_AT, timesOf } from "../secmaster/flags.ts";
import {
  INSTRUMENT_ROW,
  instrumentRow,
  MASTER_FLAGS,
  openMaster,
} from "../secmaster/open_master.ts";

export default defineCommand({
  name: "secmaster list",
  brief: "List instruments with their life-cycle states",
  examples: [
    "ssmd secmaster list --class crypto --feed kraken",
    "ssmd secmaster list --env demo-nats",
  ],
  flags: {
    ...MASTER_FLAGS,
    ...{ asOf: AS_OF_TIME, knownAt: KNOWN_AT, feed: FEED_FILTER },
    class: choice(ASSET_CLASSES, "Only this asset class"),
    state: choice(LIFE_STATES, "Only this state"),
  },
  output: z.array(INSTRUMENT_ROW),
  table: rowsOf("instrument"),
  async run({ flags, context }) {
    const master = await openMaster(context, flags);
    const at = timesOf(flags);
    const rows = [...master.all()].map((each) => instrumentRow(master, each, at))
      .filter(({ feeds }) => flags.feed === undefined || feeds.includes(flags.feed))
      .filter(({ asset_class }) => flags.class === undefined || asset_class === flags.class)
      .filter(({ state }) => flags.state === undefined || state === flags.state);
    return sortedBy(rows, "id");
  },
});
