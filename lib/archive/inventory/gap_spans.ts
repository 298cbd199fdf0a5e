import type { GapReason } from "@ssmd/market";
import type { ManifestGap } from "../manifest.ts";
import { usOfNsText } from "../raw_line.ts";

/** Something that is missing, from its start to its end: the records of opening and recovery in one. */
export interface GapSpan {
  /** Our name of the market, or `_all`. */
  symbol: string;
  reason: GapReason;
  /** Last moment known to be good, µs. */
  fromUs: number;
  /** First moment good again, µs; undefined = still open. */
  toUs: number | undefined;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** Whether the feed itself told the end; false = lost for good, or still open. */
  isRecovered: boolean;
  /** One sentence for a person, as it was when the gap opened. */
  detail: string;
}

/**
 * The gaps that records tell of, in the order in which they began. A recovery belongs to the opening
 * of the same market and start; given the gaps of several days in order, also to that of a day before.
 */
export function gapSpans(gaps: readonly ManifestGap[]): GapSpan[] {
  const spans = new Map<string, GapSpan>();
  gaps.forEach((gap, i) => {
    const name = `${gap.symbol} ${gap.reason} ${gap.from}`;
    const known = spans.get(name);
    if (known === undefined) spans.set(name, spanOf(gap));
    else if (gap.recovered) {
      known.toUs = usOfNsText(gap.to);
      known.isRecovered = true;
      known.missed ??= gap.missed;
    } else if (gap.to !== "0" || known.isRecovered) {
      // One more loss that began at the same moment.
      spans.set(`${name} ${i}`, spanOf(gap));
    }
  });
  return [...spans.values()].sort((a, b) => a.fromUs - b.fromUs || compare(a.symbol, b.symbol));
}

function spanOf({ symbol, reason, from, to, missed, recovered, detail }: ManifestGap): GapSpan {
  return {
    ...{ symbol, reason, fromUs: usOfNsText(from) },
    toUs: to === "0" ? undefined : usOfNsText(to),
    ...{ missed, isRecovered: recovered, detail },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
