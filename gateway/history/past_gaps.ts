import { usOfDay } from "@ssmd/archive";
import { ArchiveError, DAY_US, inGroups } from "@ssmd/runtime";
import { type GapSpan, gapSpans } from "./gap_span.ts";

/** Days whose manifests are read concurrently. */
const DAYS_AT_ONCE = 16;

/** A day, and the gaps recorded on it that reach beyond it. */
export interface PastDay {
  day: string;
  gaps: GapSpan[];
}

/**
 * Returns the gaps of days that reach beyond the day that recorded them. A day with a corrupt
 * manifest is skipped: it fails only the requests that name it.
 */
export async function pastGaps<D extends { day: string }>(
  days: readonly D[],
  gapsOf: (day: D) => Promise<GapSpan[]>,
): Promise<PastDay[]> {
  const past = await inGroups(days, DAYS_AT_ONCE, (day) => crossingGaps(day, gapsOf));
  return past.filter(({ gaps }) => gaps.length > 0);
}

async function crossingGaps<D extends { day: string }>(
  named: D,
  gapsOf: (day: D) => Promise<GapSpan[]>,
): Promise<PastDay> {
  const { day } = named;
  const dayUs = usOfDay(day);
  try {
    const gaps = gapSpans(await gapsOf(named));
    const isCrossing = ({ fromUs, toUs }: GapSpan) =>
      fromUs < dayUs || toUs === 0 || toUs > dayUs + DAY_US;
    return { day, gaps: gaps.filter(isCrossing) };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { day, gaps: [] };
  }
}
