import type { GapEntry } from "./feed_health.ts";

export const HOUR_MS = 3_600_000;

/** How much of an hour of a feed was captured. Times in ms. */
export interface HourCoverage {
  startMs: number;
  /** Time of the hour that the recording was to cover; 0 = it has not come, or was before the begin. */
  wantedMs: number;
  /** Stopped on purpose. */
  plannedMs: number;
  /** Missing for any other reason. */
  unplannedMs: number;
  /** Reasons of what is missing without a plan. */
  reasons: string[];
  /** Gaps of single markets or channels that were not planned. */
  partial: number;
}

/** Bounds of a recording. */
interface Recorded {
  /** When it began; the first hours of a day may be before. */
  sinceMs: number;
  nowMs: number;
}

/** Whether records are missing in it: not where times are doubtful, or files are on their way. */
function isMissing({ reason }: GapEntry): boolean {
  return reason !== "clock" && reason !== "not_archived_yet";
}

function isWhole({ symbol, channel }: GapEntry): boolean {
  return symbol === "_all" && channel === "all";
}

/** Time that spans cover between two moments; where they overlap it counts once. */
function coveredMs(gaps: readonly GapEntry[], fromMs: number, toMs: number): number {
  let [sum, coveredTo] = [0, fromMs];
  for (const { from, to } of gaps.toSorted((a, b) => a.from - b.from)) {
    const end = Math.min(to ?? toMs, toMs);
    sum += Math.max(0, end - Math.max(from, coveredTo));
    coveredTo = Math.max(coveredTo, end);
  }
  return sum;
}

/** The hours of a day of one feed. */
export function hoursOf(
  dayMs: number,
  feedGaps: readonly GapEntry[],
  { sinceMs, nowMs }: Recorded,
): HourCoverage[] {
  const gaps = feedGaps.filter(isMissing);
  return Array.from({ length: 24 }, (_, hour) => {
    const startMs = dayMs + hour * HOUR_MS;
    const fromMs = Math.max(startMs, sinceMs);
    const toMs = Math.min(startMs + HOUR_MS, nowMs);
    const within = gaps.filter(({ from, to }) => from < toMs && (to ?? Infinity) > fromMs);
    const whole = within.filter(isWhole);
    const unplanned = whole.filter(({ reason }) => reason !== "planned");
    const unplannedMs = coveredMs(unplanned, fromMs, toMs);
    return {
      startMs,
      wantedMs: Math.max(0, toMs - fromMs),
      unplannedMs,
      plannedMs: coveredMs(whole, fromMs, toMs) - unplannedMs,
      reasons: [...new Set(unplanned.map(({ reason }) => reason))],
      partial: within.filter((gap) => !isWhole(gap) && gap.reason !== "planned").length,
    };
  });
}

/** Share of an hour that was captured, 0 to 1; null = it was not to be. */
export function shareOf({ wantedMs, plannedMs, unplannedMs }: HourCoverage): number | null {
  return wantedMs === 0 ? null : (wantedMs - plannedMs - unplannedMs) / wantedMs;
}

/** A share in percent that is 100 only if nothing is missing. */
export function shareText(share: number): string {
  const percent = Math.floor(share * 1000) / 10;
  return `${share < 1 ? Math.min(99.9, percent).toFixed(1) : "100"}%`;
}
