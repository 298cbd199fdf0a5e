import {
  type BookSide,
  type Gap,
  type Level,
  OrderBook,
  type OrderBookUpdate,
  valueOf,
} from "@ssmd/market";
import {
  DOLLAR_STEPS,
  type KalshiFormat,
  type LadderFormat,
  PRICE_DECIMALS,
  SIZE_DECIMALS,
} from "./format.ts";
import type { KalshiBody } from "./messages.ts";

/** A book as plain JSON. */
export interface KalshiBookState {
  ticker: string;
  sid: number;
  seen: boolean;
  sound: boolean;
  lostUs: number;
  goodUs: number;
  gap: Gap | null;
  ended: boolean;
  bids: [number, number][];
  asks: [number, number][];
}

/** No subscription covers the book. */
export const NO_SID = -1;

/**
 * The YES book of a market in integer steps. The venue sends two ladders of bids; an offer to buy NO
 * at p is an ask for YES at 1 − p.
 */
export class KalshiBook {
  readonly ticker: string;
  /** Our name. */
  readonly symbol: string;
  readonly book: OrderBook = new OrderBook();
  /** The subscription that covers it. */
  sid = NO_SID;
  /** Whether a snapshot came on that subscription. */
  seen = false;
  /** Whether a snapshot came and everything after it was right. */
  sound = false;
  /** When it was lost or first waited for, µs; meaningful while it is not sound. */
  lostUs = 0;
  /** When it was last known to be right, µs. */
  goodUs = 0;
  /** The gap that the next snapshot closes. */
  gap: Gap | null = null;
  /** Whether its subscription ended: nobody waits for it. */
  ended = false;

  /** An empty book that waits for its snapshot since `lostUs`. */
  constructor(ticker: string, symbol: string, lostUs: number) {
    this.ticker = ticker;
    this.symbol = symbol;
    this.lostUs = lostUs;
  }

  /** The book is not to be trusted from `lostUs` on. */
  drop(lostUs: number): void {
    if (this.sound) this.lostUs = lostUs;
    this.sound = false;
    this.book.clear();
  }

  /** No subscription keeps the book up any more. */
  release(lostUs: number): void {
    this.drop(lostUs);
    this.sid = NO_SID;
    this.seen = false;
  }

  /** Replaces all levels by those of a snapshot; "" or what is wrong with it. */
  replace(body: KalshiBody, format: KalshiFormat): string {
    this.book.clear();
    return fill(this.book.bids, body, "yes", format) || fill(this.book.asks, body, "no", format);
  }

  /** The levels of a side as values, best first. */
  levels(name: "bids" | "asks"): Level[] {
    const { prices, sizes } = this.book[name];
    return prices.map((price, i) => ({
      price: valueOf(price, PRICE_DECIMALS),
      size: valueOf(sizes[i] as number, SIZE_DECIMALS),
    }));
  }

  /** The whole book as a record. */
  snapshot(feed: string, timestampUs: number, receivedAtUs: number): OrderBookUpdate {
    return {
      type: "orderbook",
      timestampUs,
      receivedAtUs,
      symbol: this.symbol,
      feed,
      sequence: 0,
      kind: "snapshot",
      bids: this.levels("bids"),
      asks: this.levels("asks"),
      depth: 0,
      checksum: "unverified",
    };
  }

  /** The new size of one level, in steps, as a record. */
  delta(
    feed: string,
    isBid: boolean,
    price: number,
    size: number,
    timestampUs: number,
    receivedAtUs: number,
  ): OrderBookUpdate {
    const levels: Level[] = [{
      price: valueOf(price, PRICE_DECIMALS),
      size: valueOf(size, SIZE_DECIMALS),
    }];
    return {
      type: "orderbook",
      timestampUs,
      receivedAtUs,
      symbol: this.symbol,
      feed,
      sequence: 0,
      kind: "delta",
      bids: isBid ? levels : [],
      asks: isBid ? [] : levels,
      depth: 0,
      checksum: "unverified",
    };
  }

  /** The whole book as the venue's own frame: two ladders of bids, worst first. */
  snapshotFrame(format: KalshiFormat, { sid, seq }: { sid: number; seq: number }): string {
    const ladder = ({ prices, sizes }: BookSide, ownPrice: (price: number) => number) =>
      prices.map((price, i) => format.level(ownPrice(price), sizes[i] as number)).reverse();
    const [{ yes, no }] = format.ladders;
    return JSON.stringify({
      ...{ type: "orderbook_snapshot", sid, seq },
      msg: {
        market_ticker: this.ticker,
        [yes]: ladder(this.book.bids, (price) => price),
        [no]: ladder(this.book.asks, (price) => DOLLAR_STEPS - price),
      },
    });
  }

  /** Plain JSON of the book. */
  state(): KalshiBookState {
    const { ticker, sid, seen, sound, lostUs, goodUs, gap, ended } = this;
    const { bids, asks } = this.book;
    return {
      ticker,
      sid,
      seen,
      sound,
      lostUs,
      goodUs,
      gap,
      ended,
      bids: bids.prices.map((price, i) => [price, bids.sizes[i] as number]),
      asks: asks.prices.map((price, i) => [price, asks.sizes[i] as number]),
    };
  }

  /** A book from its plain JSON. */
  static restore(state: KalshiBookState, symbol: string): KalshiBook {
    const book = new KalshiBook(state.ticker, symbol, state.lostUs);
    book.sid = state.sid;
    book.seen = state.seen;
    book.sound = state.sound;
    book.goodUs = state.goodUs;
    book.gap = state.gap;
    // States of older versions do not have it.
    book.ended = state.ended ?? false;
    for (const [price, size] of state.bids) book.book.bids.set(price, size);
    for (const [price, size] of state.asks) book.book.asks.set(price, size);
    return book;
  }
}

/** Whether a price in steps can be quoted: between 0 and 1 dollar. */
export function isPrice(steps: number): boolean {
  return steps > 0 && steps < DOLLAR_STEPS;
}

function fill(
  side: BookSide,
  body: KalshiBody,
  outcome: "yes" | "no",
  format: KalshiFormat,
): string {
  const isThere = (each: LadderFormat) => body[each[outcome]] !== undefined;
  const ladder = format.ladders.find(isThere) ?? format.ladders[0];
  if (ladder === undefined) return "";
  const key = ladder[outcome];
  const levels = body[key];
  if (levels === undefined || levels === null) return renamed(body, key, outcome);
  if (!Array.isArray(levels)) return `${key} is no list.`;
  // Worst first on the wire: from the end, each level goes behind the one before it.
  for (let i = levels.length - 1; i >= 0; i--) {
    const level: unknown = levels[i];
    if (!Array.isArray(level)) return `${key} has a level that is no list.`;
    const price = ladder.price(level[0]);
    const size = ladder.size(level[1]);
    if (!isPrice(price) || !(size >= 0)) return `${key} has a level that is unreadable.`;
    side.set(outcome === "yes" ? price : DOLLAR_STEPS - price, size);
  }
  return "";
}

/** An absent side is an empty side, but not when its levels stand there under another name. */
function renamed(body: KalshiBody, key: string, outcome: "yes" | "no"): string {
  const other = Object.keys(body).find((name) =>
    name !== key && (name === outcome || name.startsWith(`${outcome}_`))
  );
  return other === undefined ? "" : `${key} is missing while there is ${other}.`;
}
