import { INSTRUMENT_FILE } from "@ssmd/metadata";
import { z } from "zod";
import { FEED_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { sortedBy } from "../format.ts";
import { MASTER_FLAGS, openMaster } from "../secmaster/open_master.ts";

export default defineCommand({
  name: "secmaster export",
  brief: "Print instruments with all their versions and mappings",
  examples: ["ssmd secmaster export --output json > instruments.json"],
  flags: { ...MASTER_FLAGS, feed: FEED_FILTER },
  output: z.array(INSTRUMENT_FILE),
  table: (instruments) =>
    rowsOf("instrument")(instruments.map(({ versions, mappings = [], ...rest }) => ({
      ...{ ...rest, versions: versions.length, mappings: mappings.length },
    }))),
  async run({ flags: { feed, ...source }, context }) {
    const instruments = [...(await openMaster(context, source)).all()].filter(({ mappings }) =>
      feed === undefined || mappings.some((each) => each.feed === feed)
    );
    return sortedBy(instruments, "id");
  },
});
