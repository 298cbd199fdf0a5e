import { type BookSide, type OrderBookUpdate, valueOf } from "@ssmd/market";
import { TrackedBook, type TrackedBookState } from "../tracked_book.ts";
import {
  DOLLAR_STEPS,
  type KalshiFormat,
  type LadderFormat,
  PRICE_DECIMALS,
  SIZE_DECIMALS,
} from "./format.ts";
import type { KalshiBody } from "./messages.ts";

/** A book as plain JSON. */
export interface KalshiBookState extends TrackedBookState {
  ticker: string;
  sid: number;
  seen: boolean;
  ended: boolean;
}

/** Sid of a book without a subscription. */
export const NO_SID = -1;

/**
 * YES book of a market. The venue sends two ladders of bids; a bid for NO at p is an ask for YES at
 * 1 − p.
 */
export class KalshiBook extends TrackedBook {
  /** Subscription that covers the book. */
  sid = NO_SID;
  /** Whether a snapshot came on that subscription. */
  seen = false;
  /** Whether its subscription ended: no snapshot is awaited. */
  ended = false;

  /** Creates an empty book that awaits its snapshot since `lostUs`. */
  constructor(names: Pick<TrackedBook, "external" | "symbol" | "lostUs">) {
    super({ ...names, precision: { price: PRICE_DECIMALS, size: SIZE_DECIMALS } });
  }

  /** Invalidates the book, as no subscription maintains it. */
  override release(lostUs: number): void {
    super.release(lostUs);
    this.sid = NO_SID;
    this.seen = false;
  }

  /** Replaces all levels by those of a snapshot; returns "" or the fault. */
  replace(body: KalshiBody, format: KalshiFormat): string {
    this.book.clear();
    return fill(this.book.bids, body, "yes", format) || fill(this.book.asks, body, "no", format);
  }

  /** Delta record with the new size of one level, in steps. */
  delta(
    { isBid, price, size }: { isBid: boolean; price: number; size: number },
    times: Pick<OrderBookUpdate, "feed" | "timestampUs" | "receivedAtUs">,
  ): OrderBookUpdate {
    const level = { price: valueOf(price, PRICE_DECIMALS), size: valueOf(size, SIZE_DECIMALS) };
    return {
      type: "orderbook",
      timestampUs: times.timestampUs,
      receivedAtUs: times.receivedAtUs,
      symbol: this.symbol,
      feed: times.feed,
      sequence: 0,
      kind: "delta",
      bids: isBid ? [level] : [],
      asks: isBid ? [] : [level],
      depth: this.depth,
      checksum: this.checksum,
    };
  }

  /** The whole book as a snapshot frame of the venue: two ladders of bids, worst first. */
  snapshotFrame(format: KalshiFormat, { sid, seq }: { sid: number; seq: number }): string {
    const ladder = ({ prices, sizes }: BookSide, ownPrice: (price: number) => number) =>
      prices.map((price, i) => format.level(ownPrice(price), sizes[i] as number)).reverse();
    const [{ yes, no }] = format.ladders;
    return JSON.stringify({
      ...{ type: "orderbook_snapshot", sid, seq },
      msg: {
        market_ticker: this.external,
        [yes]: ladder(this.book.bids, (price) => price),
        [no]: ladder(this.book.asks, (price) => DOLLAR_STEPS - price),
      },
    });
  }

  state(): KalshiBookState {
    const { external: ticker, sid, seen, ended } = this;
    return { ticker, sid, seen, ended, ...this.trackedState() };
  }

  /** Restores a book from its plain JSON. */
  static restore(state: KalshiBookState, symbol: string): KalshiBook {
    const book = new KalshiBook({ external: state.ticker, symbol, lostUs: state.lostUs });
    book.restoreTracked(state);
    // Older states lack `ended`.
    const { sid, seen, ended = false } = state;
    return Object.assign(book, { sid, seen, ended });
  }
}

/** Whether a price in steps is valid: between 0 and 1 dollar, exclusive. */
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
  // Worst first on the wire: from the end, each level is appended to the side.
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

/** Fault when a side is under another key; an absent side is an empty side. */
function renamed(body: KalshiBody, key: string, outcome: "yes" | "no"): string {
  const other = Object.keys(body).find((name) =>
    name !== key && (name === outcome || name.startsWith(`${outcome}_`))
  );
  return other === undefined ? "" : `${key} is missing while there is ${other}.`;
}
