import type { GapSpan } from "../history/gap_span.ts";

/** Returns a gap as JSON. */
export function gapJson({ fromUs, toUs, ...gap }: GapSpan) {
  return {
    symbol: gap.symbol,
    feed: gap.feed,
    reason: gap.reason,
    channel: gap.channel,
    from: fromUs / 1000,
    to: toUs === 0 ? null : toUs / 1000,
    missed: gap.missed,
    recovered: gap.recovered,
    detail: gap.detail,
  };
}
