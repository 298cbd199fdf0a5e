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

/** No subscription covers the book. */
export const NO_SID = -1;

/**
 * The YES book of a market. The venue sends two ladders of bids; an offer to buy NO at p is an ask for
 * YES at 1 − p.
 */
export class KalshiBook extends TrackedBook {
  /** The subscription that covers it. */
  sid = NO_SID;
  /** Whether a snapshot came on that subscription. */
  seen = false;
  /** Whether its subscription ended: nobody waits for it. */
  ended = false;

  /** An empty book that waits for its snapshot since `lostUs`. */
  constructor(names: Pick<TrackedBook, "external" | "symbol" | "lostUs">) {
    super({ ...names, precision: { price: PRICE_DECIMALS, size: SIZE_DECIMALS } });
  }

  /** No subscription keeps the book up any more. */
  override release(lostUs: number): void {
    super.release(lostUs);
    this.sid = NO_SID;
    this.seen = false;
  }

  /** Replaces all levels by those of a snapshot; "" or what is wrong with it. */
  replace(body: KalshiBody, format: KalshiFormat): string {
    this.book.clear();
    return fill(this.book.bids, body, "yes", format) || fill(this.book.asks, body, "no", format);
  }

  /** The new size of one level, in steps, as a record. */
  delta(
    { isBid, price, size }: { isBid: boolean; price: number; size: number },
    times: Pick<OrderBookUpdate, "feed" | "timestampUs" | "receivedAtUs">,
  ): OrderBookUpdate {
    const level = { price: valueOf(price, PRICE_DECIMALS), size: valueOf(size, SIZE_DECIMALS) };
    return this.record({
      timestampUs: times.timestampUs,
      receivedAtUs: times.receivedAtUs,
      feed: times.feed,
      kind: "delta",
      bids: isBid ? [level] : [],
      asks: isBid ? [] : [level],
    });
  }

  /** The whole book as the venue's own frame: two ladders of bids, worst first. */
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

  /** Plain JSON of the book. */
  state(): KalshiBookState {
    const { external: ticker, sid, seen, ended } = this;
    return { ticker, sid, seen, ended, ...this.trackedState() };
  }

  /** A book from its plain JSON. */
  static restore(state: KalshiBookState, symbol: string): KalshiBook {
    const book = new KalshiBook({ external: state.ticker, symbol, lostUs: state.lostUs });
    book.restoreTracked(state);
    // States of older versions do not say whether it ended.
    const { sid, seen, ended = false } = state;
    return Object.assign(book, { sid, seen, ended });
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
