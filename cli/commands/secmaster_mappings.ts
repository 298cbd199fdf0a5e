import { z } from "zod";
import { FEED_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { MASTER_FLAGS, openMaster } from "../secmaster/open_master.ts";

const MAPPING_ROW = z.object({
  feed: z.string(),
  external: z.string().describe("The venue's name"),
  id: z.string().describe("The instrument"),
  from: z.string().describe("ISO 8601"),
  to: z.string().nullable().describe("Exclusive; null = until further notice"),
  known: z.string().describe("ISO 8601"),
});

export default defineCommand({
  name: "secmaster mappings",
  brief: "List feeds' names of instruments with their spans of time",
  examples: ["ssmd secmaster mappings", "ssmd secmaster mappings --feed kraken --id BTCUSD"],
  flags: {
    ...MASTER_FLAGS,
    feed: FEED_FILTER,
    id: text("Only this instrument", { placeholder: "id" }),
  },
  output: z.array(MAPPING_ROW),
  table: rowsOf("mapping"),
  async run({ flags, context }) {
    const rows = [...(await openMaster(context, flags)).all()]
      .filter(({ id }) => flags.id === undefined || id === flags.id)
      .flatMap(({ id, mappings }) =>
        mappings.map(({ feed, external, from, to, known }) => ({
          ...{ feed, external, id, from, to: to ?? null, known },
        }))
      )
      .filter(({ feed }) => flags.feed === undefined || feed === flags.feed);
    const keyOf = (row: z.input<typeof MAPPING_ROW>) => `${row.feed} ${row.external} ${row.from}`;
    return rows.sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
  },
});
