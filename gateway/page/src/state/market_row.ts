import { dayTime } from "../format.ts";

/** A gap that is open. */
export interface OpenGap {
  reason: string;
  /** The type of record that is missing; `all` = every one. */
  channel: string;
  fromMs: number;
}

/** Whether a gap makes the book doubtful; a clock's and one of trades do not. */
export function isOfBook({ reason, channel }: OpenGap): boolean {
  return reason !== "clock" && (channel === "all" || channel === "orderbook");
}

/** State of a market in the page. */
export interface MarketRow {
  key: string;
  symbol: string;
  feed: string;
  external: string;
  /** `spot`, `prediction`; "" = not known. */
  type: string;
  state: string;
  /** Since when its state may be another one, ms; null = it is that. */
  stateUnknownSinceMs: number | null;
  last: number | null;
  bid: number | null;
  ask: number | null;
  volume: number | null;
  openInterest: number | null;
  /** Receive time of its last record. */
  updatedMs: number | null;
  /** Most digits behind the point in its prices so far. */
  decimals: number;
  gap: OpenGap | null;
  bookLive: boolean;
  /** Closes of the last hour, a minute each, oldest first, null where a gap is; null = not asked yet. */
  spark: (number | null)[] | null;
  sparkAtMs: number;
  /** The price that the change is counted from: the first of the last hour. */
  reference: number | null;
  /** When that was, ms; null = not known. */
  referenceMs: number | null;
  /** Direction of the last change that was not shown yet: 1, -1 or 0. */
  moved: number;
}

/** Names a market among all: two feeds may have the same symbol. */
export function keyOf(symbol: string, feed: string): string {
  return `${symbol}@${feed}`;
}

/** The state in words; "" = the venue said none. */
export function stateText({ state, stateUnknownSinceMs }: MarketRow): string {
  if (stateUnknownSinceMs !== null) return `unknown since ${dayTime(stateUnknownSinceMs)}`;
  return state === "unknown" ? "" : state;
}

/** A market of which nothing is known but its name. */
export function emptyRow(symbol: string, feed: string): MarketRow {
  return {
    key: keyOf(symbol, feed),
    symbol,
    feed,
    external: "",
    type: "",
    state: "unknown",
    stateUnknownSinceMs: null,
    last: null,
    bid: null,
    ask: null,
    volume: null,
    openInterest: null,
    updatedMs: null,
    decimals: 0,
    gap: null,
    bookLive: false,
    spark: null,
    sparkAtMs: 0,
    reference: null,
    referenceMs: null,
    moved: 0,
  };
}

/** Price change against the reference in percent, in a market of cents in points; null = unknown. */
export function changeOf({ type, last, reference }: MarketRow): number | null {
  if (last === null || reference === null || reference === 0) return null;
  if (type === "prediction") return (last - reference) * 100;
  return (last / reference - 1) * 100;
}
