/** Feed health, from `/v1/feeds`. */
export interface FeedHealth {
  feed: string;
  markets: number;
  books_pending: number;
  records: number | null;
  records_per_second: number | null;
  updated: number | null;
  /** Connection to the venue. */
  connection: {
    state: "connecting" | "live" | "silent" | "disconnected";
    why: string | null;
    next_try: number | null;
  };
  /** Subscriptions without data; null = the connector does not answer. */
  subscriptions: { away: number | null; list: AwaySubscription[] } | null;
  /** Shards, each captured by separate processes; absent in cached answers of older gateways. */
  shards?: { shard: string; answers: boolean }[];
  gap: { reason: string; from: number; detail: string } | null;
}

/** Summary of a feed's shards; "none" without shards. */
export function shardsText(shards: FeedHealth["shards"] = []): string {
  const away = shards.filter(({ answers }) => !answers).map(({ shard }) => shard);
  if (shards.length === 0) return "none";
  return away.length === 0 ? `${shards.length} answer` : `${away.join(", ")} away`;
}

/** Subscribed channel that delivers nothing. */
interface AwaySubscription {
  symbol: string;
  channel: string;
  why: string;
  refused: boolean;
  since: number;
  next_try: number | null;
}

/** Sentence about a missing subscription: reason and next attempt. */
export function awayText({ symbol, channel, why, next_try }: AwaySubscription, nowMs: number) {
  const name = symbol === "_all" ? channel : `${symbol} ${channel}`;
  return `${name}: ${why} ${
    nextTryText(next_try, nowMs) ?? "asked again with the next connection"
  }`;
}

/** Time of the next attempt; undefined = none is scheduled. */
export function nextTryText(nextTryMs: number | null, nowMs: number): string | undefined {
  if (nextTryMs === null) return undefined;
  return nextTryMs <= nowMs
    ? "next try now"
    : `next try in ${Math.ceil((nextTryMs - nowMs) / 1000)} s`;
}

/** Gap, from `/v1/gaps`. */
export interface GapEntry {
  symbol: string;
  feed: string;
  reason: string;
  /** Record type that is missing; `all` = every type. */
  channel: string;
  from: number;
  to: number | null;
  missed: number | null;
  recovered: boolean;
  detail: string;
}

/** Summary of a feed's gaps. */
export interface GapSum {
  gaps: number;
  /** Reconnects to the venue. */
  reconnects: number;
  /** Time within at least one gap, ms. */
  lostMs: number;
}

/** Number of rates kept per feed, one per second. */
const RATES_MAX = 120;

/** Newest rates of each feed, for their lines. */
export class Rates {
  readonly byFeed: Map<string, number[]> = new Map();

  /** Adds the current rates. */
  take(feeds: readonly FeedHealth[]): void {
    for (const { feed, records_per_second: rate } of feeds) {
      if (rate === null) continue;
      let rates = this.byFeed.get(feed);
      if (rates === undefined) this.byFeed.set(feed, rates = []);
      rates.push(rate);
      if (rates.length > RATES_MAX) rates.shift();
    }
  }
}

/** Sums the gaps of one feed; overlaps count once. */
export function sumGaps(gaps: readonly GapEntry[], nowMs: number): GapSum {
  const spans = gaps.map(({ from, to }) => [from, to ?? nowMs] as const)
    .sort((a, b) => a[0] - b[0]);
  let [lostMs, coveredTo] = [0, -Infinity];
  for (const [from, to] of spans) {
    lostMs += Math.max(0, to - Math.max(from, coveredTo));
    coveredTo = Math.max(coveredTo, to);
  }
  const reconnects =
    gaps.filter(({ reason, symbol, channel }) =>
      reason === "disconnect" && symbol === "_all" && channel === "all"
    ).length;
  return { gaps: gaps.length, reconnects, lostMs };
}

/** Quantile by nearest rank; null without values. */
export function quantileOf(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
