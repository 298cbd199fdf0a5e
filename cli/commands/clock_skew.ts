import { clockSkew } from "@ssmd/dataset/clock";
import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { withNamedDays } from "../data/days.ts";
import { INVENTORY_FLAGS } from "../data/inventory_flags.ts";

const SKEW = z.object({
  feed: z.string(),
  date: z.string(),
  records: z.int().describe("Records with a venue time"),
  early: z.int().describe("Records received before the venue sent them"),
  least_us: z.number().nullable().describe("Smallest delay; negative = our clock is behind"),
  median_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
});

export default defineCommand({
  name: "clock skew",
  brief: "Compare receive times with the venue's times, day by day",
  description:
    "Measures delays from the venue's time of a trade, ticker or book update to its receipt. " +
    "The smallest delay bounds the error of our clock: if it is negative, our clock was " +
    "behind the venue's.",
  examples: ["ssmd clock skew --env demo", "ssmd clock skew --feed kraken --output json"],
  flags: INVENTORY_FLAGS,
  output: z.array(SKEW),
  table: (days) => ({ rows: days, counted: "day" }),
  run: ({ flags, context }) =>
    withNamedDays<z.output<typeof SKEW>[]>(context, flags, {
      none: [],
      read: async (storage, { env, days }) => {
        const skews: z.output<typeof SKEW>[] = [];
        for (const { feed, day, version } of days.filter(({ records }) => records > 0)) {
          const skew = await clockSkew(storage, { env, feed, day, version });
          const { records, early, leastUs: least_us, medianMs: median_ms, p99Ms: p99_ms } = skew;
          skews.push({ feed, date: day, records, early, least_us, median_ms, p99_ms });
        }
        return skews;
      },
    }),
});
