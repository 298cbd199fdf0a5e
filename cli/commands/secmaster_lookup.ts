import { isoOfUs, SsmdError } from "@ssmd/runtime";
import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { instantFlag, timesOf } from "../secmaster/flags.ts";
import { MASTER_FLAGS, openMaster } from "../secmaster/open_master.ts";

export default defineCommand({
  name: "secmaster lookup",
  brief: "Show the instrument that a feed's name means at a given time",
  examples: [
    "ssmd secmaster lookup kraken BTC/USD",
    "ssmd secmaster lookup kraken BTC/USD --at 2026-11-28 --output json",
  ],
  flags: {
    ...MASTER_FLAGS,
    at: instantFlag("Time at which to look up the name (UTC); default now"),
  },
  args: [
    text("Feed", { placeholder: "feed", completes: "feed", required: true }),
    text("The venue's name", { placeholder: "external", required: true }),
  ],
  output: z.object({ feed: z.string(), external: z.string(), at: z.string(), id: z.string() }),
  table: oneRow,
  async run({ flags, args: [feed, external], context }) {
    const { asOfUs } = timesOf(flags.at === undefined ? {} : { asOf: flags.at });
    const id = (await openMaster(context, flags)).lookup(feed, external, asOfUs);
    const at = isoOfUs(asOfUs);
    if (id !== undefined) return { feed, external, at, id };
    throw new SsmdError("NAME_UNKNOWN", `"${external}" of ${feed} means no instrument at ${at}`, {
      hint: `ssmd secmaster mappings --feed ${feed} lists the names that are known`,
    });
  },
});
