import { type GapChannel, type GapReason, isBreak } from "@ssmd/market";
import type { ManifestGap } from "../manifest.ts";
import { usOfNsText } from "../raw_line.ts";

/** A gap from start to end, joined from its opening and recovery records. */
export interface GapSpan {
  /** Our market symbol, or `_all`. */
  symbol: string;
  reason: GapReason;
  /** Type of the missing records; `all` = every type. */
  channel: GapChannel;
  /** Last moment known to be complete, µs. */
  fromUs: number;
  /** First complete moment after the gap, µs; undefined = still open. */
  toUs: number | undefined;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** Whether the feed reported the end; false = lost for good or still open. */
  isRecovered: boolean;
  /** One sentence for people, as of when the gap opened. */
  detail: string;
}

/**
 * Joins gap records into spans, ordered by start. A recovery closes the oldest open gap of the same
 * market, reason and start.
 */
export function gapSpans(gaps: readonly ManifestGap[]): GapSpan[] {
  return joinedSpans(gaps.map(spanOf));
}

/**
 * Closes open spans with later recoveries. Joins spans of consecutive days, each from {@linkcode
 * gapSpans}, where they cross midnight.
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
    // A break before the first data is reported again with the same start: merge both into one
    // span, which is planned only if every part was.
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
  return joined.sort(bySpan);
}

function spanOf(gap: ManifestGap): GapSpan {
  const { symbol, reason, channel = "all", from, to, missed, recovered, detail } = gap;
  return {
    ...{ symbol, reason, channel, fromUs: usOfNsText(from) },
    toUs: to === "0" ? undefined : usOfNsText(to),
    ...{ missed, isRecovered: recovered, detail },
  };
}

/** Compares gaps by start, then market. */
export function bySpan(a: GapSpan, b: GapSpan): number {
  return a.fromUs - b.fromUs || (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0);
}
