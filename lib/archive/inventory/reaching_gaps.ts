import { ALL_SYMBOLS } from "@ssmd/market";
import { DAY_US } from "@ssmd/runtime";
import { qualityOf } from "../manifest_quality.ts";
import { usOfDay } from "../paths.ts";
import { nsText } from "../raw_line.ts";
import type { DaySummary, SummarizedDay } from "./day_summary.ts";
import { bySpan, type GapSpan, joinedSpans } from "./gap_spans.ts";

/**
 * Returns the summaries of a feed's days, oldest first, in which a gap is of each day that it
 * reaches into, whichever day it was recorded on: what follows a stop records its gap only when
 * capture begins again. The days share their gaps: one over midnight is the same object in both.
 * `beside`: the gaps recorded on each of the feed's other days.
 */
export function withReachingGaps(
  days: readonly SummarizedDay[],
  beside: readonly GapSpan[][],
): DaySummary[] {
  // A gap's beginning has to come before its end.
  const recorded = [...days.map(({ summary }) => summary.gaps), ...beside].flat()
    .sort((a, b) => Number(a.isRecovered) - Number(b.isRecovered));
  const spans = joinedSpans(recorded);
  return days.map((day) => {
    const own = new Set(day.summary.gaps.map(keyOf));
    return withGaps(day, spans.filter((gap) => own.has(keyOf(gap)) || reaches(gap, day)));
  });
}

/** Returns the gaps of a feed's days, by start and market; those of several days once. */
export function gapsOfDays(days: readonly Pick<DaySummary, "gaps">[]): GapSpan[] {
  return [...new Set(days.flatMap(({ gaps }) => gaps))].sort(bySpan);
}

function keyOf({ symbol, channel, fromUs }: GapSpan): string {
  return `${symbol} ${channel} ${fromUs}`;
}

/** A gap without an end is one of later days as long as its market is subscribed. */
function reaches({ symbol, fromUs, toUs }: GapSpan, { summary, normalized }: SummarizedDay) {
  const dayUs = usOfDay(summary.day);
  if (fromUs >= dayUs + DAY_US) return false;
  if (toUs !== undefined) return toUs > dayUs;
  const { ordered } = normalized ?? {};
  return fromUs >= dayUs || symbol === ALL_SYMBOLS || (ordered?.includes(symbol) ?? true);
}

function withGaps({ summary, normalized }: SummarizedDay, gaps: GapSpan[]): DaySummary {
  const dayUs = usOfDay(summary.day);
  const isCrossed = gaps.some(({ fromUs, toUs = 0 }) => fromUs < dayUs || toUs > dayUs + DAY_US);
  if (!isCrossed) return { ...summary, gaps };
  const isDegraded = summary.condition === "available" &&
    gaps.some((gap) => gap.reason !== "planned");
  return {
    ...{ ...summary, gaps },
    ...(isDegraded ? { condition: "degraded", why: "A gap reaches over midnight." } : {}),
    ...(summary.quality === null || normalized === undefined
      ? {}
      : { quality: qualityOf(normalized, gaps.map(lossOf)) }),
  };
}

function lossOf({ symbol, reason, channel, fromUs, toUs = 0, isRecovered: recovered }: GapSpan) {
  return { symbol, reason, channel, recovered, from: nsText(fromUs), to: nsText(toUs) };
}
