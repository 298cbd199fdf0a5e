import { readArchive, usOfDay } from "@ssmd/archive";
import { DAY_US } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";

/** Delays outside ±60 s count as this. */
const DELAY_MS_MAX = 60_000;

/** The archived day of a feed. */
interface SkewDay {
  env: string;
  feed: string;
  day: string;
  /** Version of the records. */
  version: string;
}

/** From the venue's time of a record to its receipt, over a feed's day. Null = no record has a venue time. */
interface ClockSkew {
  feed: string;
  day: string;
  /** Records with a venue time. */
  records: number;
  /** Records received before the venue sent them: the clocks disagree. */
  early: number;
  /** Least delay, µs; negative when our clock is behind the venue's. */
  leastUs: number | null;
  /** Median delay, to 1 ms. */
  medianMs: number | null;
  /** 99th percentile, to 1 ms. */
  p99Ms: number | null;
}

/**
 * Measures how far a feed's receive times lie behind the venue's. The least delay bounds the error
 * of our clock: it cannot be negative while both clocks are right. Throws as `readArchive`.
 */
export async function clockSkew(
  storage: Storage,
  { env, feed, day, version }: SkewDay,
): Promise<ClockSkew> {
  const counts = new Float64Array(2 * DELAY_MS_MAX + 1);
  let [records, early, leastUs] = [0, 0, Infinity];
  const fromUs = usOfDay(day);
  const query = { env, feed, version, fromUs, toUs: fromUs + DAY_US };
  const types = ["trade", "ticker", "orderbook"] as const;
  for await (const batch of readArchive(storage, { ...query, types })) {
    for (const { timestampUs, receivedAtUs } of batch) {
      if (timestampUs === 0) continue;
      const delayUs = receivedAtUs - timestampUs;
      records++;
      if (delayUs < 0) early++;
      leastUs = Math.min(leastUs, delayUs);
      const ms = Math.max(-DELAY_MS_MAX, Math.min(DELAY_MS_MAX, Math.round(delayUs / 1000)));
      counts[ms + DELAY_MS_MAX] = (counts[ms + DELAY_MS_MAX] ?? 0) + 1;
    }
  }
  const at = (share: number) => records === 0 ? null : percentile(counts, share * records);
  return {
    ...{ feed, day, records, early, leastUs: records === 0 ? null : leastUs },
    ...{ medianMs: at(0.5), p99Ms: at(0.99) },
  };
}

/** The delay, ms, that `rank` records do not exceed. */
function percentile(counts: Float64Array, rank: number): number {
  let seen = 0;
  const index = counts.findIndex((count) => (seen += count) >= rank);
  return index - DELAY_MS_MAX;
}
