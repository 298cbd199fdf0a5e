import { z } from "zod";
import { DAY_US, isoOfUs } from "@ssmd/runtime";
import { type DaySummary, gapsOfDays, type GapSpan, isUnmade, usOfDay } from "@ssmd/archive";
import { ALL_SYMBOLS, GAP_REASONS } from "@ssmd/market";

/** Reasons of listed gaps. `no_records`: raw frames of the day were never made into records. */
export const LISTED_REASONS = [...GAP_REASONS, "no_records"] as const;

/** A gap as printed by commands. */
export const GAP = z.object({
  feed: z.string(),
  symbol: z.string().describe("_all = the whole feed"),
  reason: z.enum(LISTED_REASONS)
    .describe("no_records = raw frames of the day were never made into records"),
  channel: z.string().describe("Type of the missing records; all = every type"),
  from: z.string().describe("Last moment known to be good, ISO 8601"),
  to: z.string().nullable().describe("First moment good again; null = no end is recorded"),
  lasted_ms: z.int().nullable(),
  missed: z.int().nullable().describe("Messages known to be missing; null = unknown"),
  ended: z.enum(["recovered", "lost", "open"]),
  detail: z.string(),
});

/** A gap with its feed. */
export interface FeedGap extends Omit<GapSpan, "reason"> {
  feed: string;
  reason: (typeof LISTED_REASONS)[number];
}

/** Returns the gaps of all days by feed and time; one across days is one. */
export function joinedGaps(days: readonly DaySummary[]): FeedGap[] {
  const byFeed = Map.groupBy(days, (day) => day.feed);
  return [...byFeed].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([feed, some]) => {
    const recorded = gapsOfDays(some).map((gap): FeedGap => ({ ...gap, feed }));
    return [...recorded, ...some.filter(isUnmade).map(gapOfUnmade)]
      .sort((a, b) => a.fromUs - b.fromUs);
  });
}

function gapOfUnmade({ feed, day, why }: DaySummary): FeedGap {
  const fromUs = usOfDay(day);
  return {
    ...{ feed, symbol: ALL_SYMBOLS, channel: "all", reason: "no_records" },
    ...{ fromUs, toUs: fromUs + DAY_US, missed: null, isRecovered: false },
    detail: `${why} See ssmd reprocess run.`,
  };
}

/** Returns a gap for display; see {@linkcode GAP}. */
export function gapView(gap: FeedGap): z.output<typeof GAP> {
  const { feed, symbol, reason, channel, fromUs, toUs, missed, detail } = gap;
  return {
    ...{ feed, symbol, reason, channel, from: isoOfUs(fromUs) },
    to: toUs === undefined ? null : isoOfUs(toUs),
    lasted_ms: toUs === undefined ? null : Math.round((toUs - fromUs) / 1000),
    missed,
    ended: toUs === undefined ? "open" : gap.isRecovered ? "recovered" : "lost",
    detail,
  };
}
