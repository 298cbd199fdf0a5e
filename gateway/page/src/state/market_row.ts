import { dayTime } from "../format.ts";

/** Open gap. */
export interface OpenGap {
  reason: string;
  /** Record type that is missing; `all` = every type. */
  channel: string;
  fromMs: number;
}

/** Returns true when a gap affects the book; clock and trade gaps do not. */
export function isOfBook({ reason, channel }: OpenGap): boolean {
  return reason !== "clock" && (channel === "all" || channel === "orderbook");
}

/** State of a market in the page. */
export interface MarketRow {
  key: string;
  symbol: string;
  feed: string;
  external: string;
  /** `spot`, `prediction`; "" = unknown. */
  type: string;
  state: string;
  /** Time since which the state may be outdated, ms; null = it is current. */
  stateUnknownSinceMs: number | null;
  last: number | null;
  bid: number | null;
  ask: number | null;
  volume: number | null;
  openInterest: number | null;
  /** Receive time of its last record, ms. */
  updatedMs: number | null;
  /** Most decimals in its prices so far. */
  decimals: number;
  gap: OpenGap | null;
  bookLive: boolean;
  /** Closes of the last hour per minute, oldest first, null in a gap; null = not loaded yet. */
  spark: (number | null)[] | null;
  sparkAtMs: number;
  /** Reference price of the change: the first of the last hour. */
  reference: number | null;
  /** Time of the reference, ms; null = unknown. */
  referenceMs: number | null;
  /** Direction of the last change not shown yet: 1, -1 or 0. */
  moved: number;
}

/** Key of a market: two feeds may have the same symbol. */
export function keyOf(symbol: string, feed: string): string {
  return `${symbol}@${feed}`;
}

/** Display text of the state; "" = the venue gave none. */
export function stateText({ state, stateUnknownSinceMs }: MarketRow): string {
  if (stateUnknownSinceMs !== null) return `unknown since ${dayTime(stateUnknownSinceMs)}`;
  return state === "unknown" ? "" : state;
}

/** Creates a market of which only the name is known. */
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

/** Price change against the reference in percent, in a prediction market in points; null = unknown. */
export function changeOf({ type, last, reference }: MarketRow): number | null {
  if (last === null || reference === null || reference === 0) return null;
  if (type === "prediction") return (last - reference) * 100;
  return (last / reference - 1) * 100;
}
