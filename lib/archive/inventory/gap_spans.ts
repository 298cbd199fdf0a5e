import { type GapChannel, type GapReason, isBreak } from "@ssmd/market";
import type { ManifestGap } from "../manifest.ts";
import { usOfNsText } from "../raw_line.ts";

/** Something that is missing, from its start to its end: the records of opening and recovery in one. */
export interface GapSpan {
  /** Our name of the market, or `_all`. */
  symbol: string;
  reason: GapReason;
  /** The type of record that is missing; `all` = every one. */
  channel: GapChannel;
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
 * The gaps that records tell of, in the order in which they began. A recovery belongs to the oldest
 * opening of the same market, reason and start that has none.
 */
export function gapSpans(gaps: readonly ManifestGap[]): GapSpan[] {
  return joinedSpans(gaps.map(spanOf));
}

/**
 * Ends what is open with the recoveries that come behind it. Spans of several days in order, those of
 * {@linkcode gapSpans}, become one where they go over midnight.
 */
export function joinedSpans(spans: readonly GapSpan[]): GapSpan[] {
  const open = new Map<string, GapSpan[]>();
  const joined: GapSpan[] = [];
  for (const span of spans) {
    const kind = isBreak(span) ? "break" : span.reason;
    const name = `${span.symbol} ${span.channel} ${kind} ${span.fromUs}`;
    const opened = span.isRecovered ? open.get(name)?.shift() : undefined;
    if (opened !== undefined) {
      opened.toUs = span.toUs;
      opened.isRecovered = true;
      opened.missed ??= span.missed;
      continue;
    }
    // A break before any data came is told again, from the same start: it is one, and planned only
    // if all of it was.
    const goesOn = span.toUs === undefined ? open.get(name)?.[0] : undefined;
    if (goesOn !== undefined) {
      if (span.reason === "disconnect") goesOn.reason = "disconnect";
      continue;
    }
    const own = { ...span };
    joined.push(own);
    if (own.toUs !== undefined) continue;
    const others = open.get(name);
    if (others === undefined) open.set(name, [own]);
    else others.push(own);
  }
  return joined.sort((a, b) => a.fromUs - b.fromUs || compare(a.symbol, b.symbol));
}

function spanOf(gap: ManifestGap): GapSpan {
  const { symbol, reason, channel = "all", from, to, missed, recovered, detail } = gap;
  return {
    ...{ symbol, reason, channel, fromUs: usOfNsText(from) },
    toUs: to === "0" ? undefined : usOfNsText(to),
    ...{ missed, isRecovered: recovered, detail },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
