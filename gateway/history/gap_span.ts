import { ALL_SYMBOLS, type Gap, type GapChannel, type GapReason, isBreak } from "@ssmd/market";

/** A time span in which data is missing or suspect. */
export interface GapSpan {
  /** Our symbol, or `_all`. */
  symbol: string;
  feed: string;
  /** Reason from the connector or from the gateway. */
  reason: GapReason | "not_archived_yet" | "not_kept" | "archive_damaged" | "no_records";
  /** Record type that is missing; `all` = every type. */
  channel: GapChannel;
  fromUs: number;
  /** End of the gap; 0 = still open. */
  toUs: number;
  missed: number | null;
  recovered: boolean;
  detail: string;
}

/** Returns the spans of gap records: the record of a gap's end replaces that of its start. */
export function gapSpans(gaps: Iterable<Gap | GapSpan>): GapSpan[] {
  const spans = new Map<string, GapSpan>();
  for (const gap of gaps) {
    const kind = isBreak(gap) ? "break" : gap.reason;
    const key = JSON.stringify([gap.feed, gap.symbol, gap.channel, kind, gap.fromUs]);
    const known = spans.get(key);
    // Of two connections that broke at the same moment, the later end counts.
    if (known !== undefined && known.toUs > gap.toUs) continue;
    const { symbol, feed, reason, channel, fromUs, toUs, missed, recovered, detail } = gap;
    spans.set(key, { symbol, feed, reason, channel, fromUs, toUs, missed, recovered, detail });
  }
  return [...spans.values()].sort((a, b) => a.fromUs - b.fromUs);
}

/** Returns the spans that overlap a time and concern a market or its whole feed. */
export function touching(
  spans: readonly GapSpan[],
  { symbol, fromUs, toUs }: { symbol?: string | undefined; fromUs: number; toUs: number },
): GapSpan[] {
  return spans.filter((span) =>
    (symbol === undefined || span.symbol === symbol || span.symbol === ALL_SYMBOLS) &&
    span.fromUs < toUs && (span.toUs === 0 || span.toUs > fromUs)
  );
}
