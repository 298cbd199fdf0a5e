import type { GapEntry } from "./feed_health.ts";

export const HOUR_MS = 3_600_000;

/** Captured share of an hour of a feed. Times in ms. */
export interface HourCoverage {
  startMs: number;
  /** Time of the hour to be captured; 0 = in the future, or before the recording began. */
  wantedMs: number;
  /** Planned downtime. */
  plannedMs: number;
  /** Missing for any other reason. */
  unplannedMs: number;
  /** Reasons of unplanned gaps. */
  reasons: string[];
  /** Number of unplanned gaps of single markets or channels. */
  partial: number;
}

/** Bounds of a recording. */
interface Recorded {
  /** Start; may be after the first hours of the day. */
  sinceMs: number;
  nowMs: number;
}

/** False for gaps of doubtful times and of files not archived yet. */
function isMissing({ reason }: GapEntry): boolean {
  return reason !== "clock" && reason !== "not_archived_yet";
}

function isWhole({ symbol, channel }: GapEntry): boolean {
  return symbol === "_all" && channel === "all";
}

/** Time covered by gaps between two moments; overlaps count once. */
function coveredMs(gaps: readonly GapEntry[], fromMs: number, toMs: number): number {
  let [sum, coveredTo] = [0, fromMs];
  for (const { from, to } of gaps.toSorted((a, b) => a.from - b.from)) {
    const end = Math.min(to ?? toMs, toMs);
    sum += Math.max(0, end - Math.max(from, coveredTo));
    coveredTo = Math.max(coveredTo, end);
  }
  return sum;
}

/** The 24 hours of a day of one feed. */
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

/** Captured share of an hour, 0 to 1; null = nothing was to be captured. */
export function shareOf({ wantedMs, plannedMs, unplannedMs }: HourCoverage): number | null {
  return wantedMs === 0 ? null : (wantedMs - plannedMs - unplannedMs) / wantedMs;
}

/** Formats a share in percent; 100 only if nothing is missing. */
export function shareText(share: number): string {
  const percent = Math.floor(share * 1000) / 10;
  return `${share < 1 ? Math.min(99.9, percent).toFixed(1) : "100"}%`;
}
