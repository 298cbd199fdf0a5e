import { z } from "zod";
import type { DaySummary } from "@ssmd/archive";
import { defineCommand } from "../command/define.ts";
import { namedDays } from "../data/days.ts";
import { INVENTORY_FLAGS } from "../data/inventory_flags.ts";
import { CLOCK, clockView, CONDITION } from "../data/views.ts";
import { durationText } from "../format.ts";
import type { Row } from "../render.ts";

const DAY = z.object({
  feed: z.string(),
  date: z.string(),
  status: CONDITION,
  why: z.string(),
  quality: z.number().nullable().describe(
    "Share of the captured time outside gaps; null = no data",
  ),
  symbols: z.int(),
  gaps: z.int(),
  longest_gap_ms: z.int().nullable().describe("Longest gap that has an end"),
  missed: z.int(),
  clocks: z.array(CLOCK),
});

type Day = z.output<typeof DAY>;

export default defineCommand({
  name: "data quality",
  brief: "Show the completeness of archived days and the state of their clocks",
  description:
    "Days are UTC. The figures come from the days' manifests.\n\nstatus     as in ssmd data " +
    "inventory: available, degraded, partial, expired or missing\nquality    share of the " +
    "captured time, weighted by symbols, outside gaps: 1 = all; - = no data\nsymbols    " +
    "markets seen that day\ngaps       those that reach into the day; longest: the longest " +
    "that has an end\nmissed     messages known to be missing; gaps of unknown size count 0\nclock      " +
    "time source of the capturing machine and whether its clock was synchronized " +
    "(source/status); with the share of raw lines if there are several\noffset     largest " +
    "offset of the clock, in microseconds, - = unknown",
  examples: [
    "ssmd data quality --env demo",
    "ssmd data quality --feed kraken --from 2026-08-01 --to 2026-08-08 --output json",
  ],
  flags: INVENTORY_FLAGS,
  output: z.object({ env: z.string(), days: z.array(DAY) }),
  table: ({ days }) => ({ rows: days.map(rowOf), counted: "day" }),
  async run({ flags, context }) {
    const { env, days } = await namedDays(context, flags);
    return { env, days: days.map(viewOf) };
  },
});

function viewOf(day: DaySummary): Day {
  const { feed, condition: status, why, quality, symbols, gaps, missed, clocks } = day;
  return {
    ...{ feed, date: day.day, status, why, quality, symbols, gaps: gaps.length },
    ...{ longest_gap_ms: longestMs(day), missed, clocks: clocks.map(clockView) },
  };
}

function longestMs({ gaps }: DaySummary): number | null {
  const lengths = gaps.flatMap(({ fromUs, toUs }) => toUs === undefined ? [] : [toUs - fromUs]);
  return lengths.length === 0 ? null : Math.round(Math.max(...lengths) / 1000);
}

function rowOf(day: Day): Row {
  const { feed, date, status, quality, symbols, gaps, longest_gap_ms: longest, missed } = day;
  const offsets = day.clocks.flatMap(({ offset_us_max: us }) => us === null ? [] : [us]);
  return {
    ...{ feed, date, status, quality, symbols, gaps },
    longest: longest === null ? null : durationText(longest),
    ...{ missed, clock: clockText(day.clocks) },
    "offset us": offsets.length === 0 ? null : Math.max(...offsets),
  };
}

function clockText(clocks: Day["clocks"]): string {
  const lines = clocks.reduce((total, clock) => total + clock.lines, 0);
  return clocks.map(({ source, status, lines: own }) => {
    const share = clocks.length === 1 ? "" : ` ${Math.round(100 * own / Math.max(1, lines))}%`;
    return `${source}/${status}${share}`;
  }).join(", ");
}
