import assert from "node:assert/strict";
import type { OrderBookUpdate } from "@ssmd/market";

type Side = Map<number, number>;

/** A book that a plain reader of the archive keeps: price → size, nothing shared with the product. */
export class ReplayedBook {
  bids: Side = new Map();
  asks: Side = new Map();
  #begun = false;

  /** Whether a snapshot was seen. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Applies a record; a book never goes crossed, and no size below 0. */
  apply(update: OrderBookUpdate): void {
    if (update.kind === "snapshot") {
      this.bids.clear();
      this.asks.clear();
      this.#begun = true;
    }
    const where = `${update.feed} ${update.symbol} sequence ${update.sequence}`;
    assert.ok(this.#begun, `a delta before any snapshot: ${where}`);
    for (const name of ["bids", "asks"] as const) {
      for (const { price, size } of update[name]) {
        assert.ok(size >= 0, `a size below 0: ${where}`);
        if (size === 0) this[name].delete(price);
        else this[name].set(price, size);
      }
      if (update.depth > 0) this[name] = truncated(this[name], name, update.depth);
    }
    if (this.bids.size === 0 || this.asks.size === 0) return;
    const bid = Math.max(...this.bids.keys());
    const ask = Math.min(...this.asks.keys());
    assert.ok(bid < ask, `a crossed book, ${bid} to ${ask}: ${where}`);
  }

  /** Both sides, best first. */
  levels(): { bids: [number, number][]; asks: [number, number][] } {
    return { bids: sorted(this.bids, "bids"), asks: sorted(this.asks, "asks") };
  }
}

function sorted(side: Side, name: "bids" | "asks"): [number, number][] {
  const sign = name === "bids" ? -1 : 1;
  return [...side].sort((a, b) => sign * (a[0] - b[0]));
}

function truncated(side: Side, name: "bids" | "asks", depth: number): Side {
  return side.size <= depth ? side : new Map(sorted(side, name).slice(0, depth));
}

interface KrakenFrame {
  channel?: string;
  type?: string;
  data?: { symbol: string; bids?: KrakenLevel[]; asks?: KrakenLevel[] }[];
}

interface KrakenLevel {
  price: number;
  qty: number;
}

/** Final books of a session's frames, kept by a plain reader of Kraken's messages. */
export function krakenBooks(frames: readonly string[], depth: (symbol: string) => number) {
  const books = new Map<string, { bids: Side; asks: Side }>();
  for (const frame of frames) {
    if (!frame.startsWith('{"channel":"book"')) continue;
    const { type, data = [] } = JSON.parse(frame) as KrakenFrame;
    for (const { symbol, ...sides } of data) {
      if (type === "snapshot") books.set(symbol, { bids: new Map(), asks: new Map() });
      const book = books.get(symbol);
      if (!book) continue;
      for (const name of ["bids", "asks"] as const) {
        for (const { price, qty } of sides[name] ?? []) {
          if (qty === 0) book[name].delete(price);
          else book[name].set(price, qty);
        }
        book[name] = truncated(book[name], name, depth(symbol));
      }
    }
  }
  return books;
}

interface PolymarketEvent {
  event_type: string;
  asset_id: string;
  bids?: { price: string; size: string }[];
  asks?: { price: string; size: string }[];
  price_changes?: { asset_id: string; price: string; size: string; side: "BUY" | "SELL" }[];
}

/** Final books of a session's frames, kept by a plain reader of Polymarket's messages. */
export function polymarketBooks(frames: readonly string[]) {
  const books = new Map<string, { bids: Side; asks: Side }>();
  for (const frame of frames) {
    for (const event of [JSON.parse(frame)].flat() as PolymarketEvent[]) {
      if (event.event_type === "book") {
        const side = (levels: PolymarketEvent["bids"] = []) =>
          new Map(levels.map(({ price, size }) => [Number(price), Number(size)]));
        books.set(event.asset_id, { bids: side(event.bids), asks: side(event.asks) });
      }
      for (const { asset_id, price, size, side } of event.price_changes ?? []) {
        const levels = books.get(asset_id)?.[side === "BUY" ? "bids" : "asks"];
        if (Number(size) === 0) levels?.delete(Number(price));
        else levels?.set(Number(price), Number(size));
      }
    }
  }
  return books;
}

interface KalshiFrame {
  type: string;
  msg: {
    market_ticker: string;
    yes_dollars_fp?: [string, string][];
    no_dollars_fp?: [string, string][];
    price_dollars: string;
    delta_fp: string;
    side: "yes" | "no";
  };
}

/** Final books of a session's frames, kept by a plain reader of Kalshi's messages, in whole units. */
export function kalshiBooks(frames: readonly string[]) {
  const books = new Map<string, { bids: Side; asks: Side }>();
  for (const frame of frames) {
    if (!frame.startsWith('{"type":"orderbook_')) continue;
    const { type, msg } = JSON.parse(frame) as KalshiFrame;
    if (type === "orderbook_snapshot") {
      books.set(msg.market_ticker, { bids: new Map(), asks: new Map() });
      for (const [price, size] of msg.yes_dollars_fp ?? []) add(books, msg, "yes", price, size);
      for (const [price, size] of msg.no_dollars_fp ?? []) add(books, msg, "no", price, size);
    } else add(books, msg, msg.side, msg.price_dollars, msg.delta_fp);
  }
  return books;
}

function add(
  books: ReadonlyMap<string, { bids: Side; asks: Side }>,
  { market_ticker }: { market_ticker: string },
  side: "yes" | "no",
  price: string,
  change: string,
): void {
  const book = books.get(market_ticker);
  if (!book) return;
  const tenths = Math.round(Number(price) * 1e4);
  const [levels, at] = side === "yes" ? [book.bids, tenths] : [book.asks, 1e4 - tenths];
  const size = (levels.get(at) ?? 0) + Math.round(Number(change) * 100);
  if (size === 0) levels.delete(at);
  else levels.set(at, size);
}
