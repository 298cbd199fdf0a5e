import type { Message } from "./connection.ts";
import { decimalsOf } from "./format.ts";

/** Seconds of activity that are kept a market. */
export const ACTIVITY_SECONDS = 27;
/** Trades kept of the selected market. */
const TRADES_MAX = 5000;

/** An open gap. */
export interface OpenGap {
  reason: string;
  fromMs: number;
}

/** What the page knows of a market. */
export interface MarketRow {
  symbol: string;
  feed: string;
  external: string;
  state: string;
  last: number | null;
  /** First price that this page saw: what the change is counted from. */
  first: number | null;
  bid: number | null;
  ask: number | null;
  volume: number | null;
  openInterest: number | null;
  decimals: number;
  gap: OpenGap | null;
  bookLive: boolean;
  /** Direction of the last change that was not shown yet: 1, -1 or 0. */
  moved: number;
  /** Records in this second, and in the seconds before (newest last). */
  active: number;
  activity: number[];
}

/** A trade of the selected market. */
export interface Print {
  price: number;
  size: number;
  side: string;
  ms: number;
}

/** A feed's health, as `/v1/feeds` gives it. */
export interface FeedHealth {
  feed: string;
  records_per_second: number;
  books_pending: number;
  gap: { reason: string; from: number } | null;
}

type Levels = [number, number][];

/** What is known; views look at it once a frame. */
export class Store {
  readonly markets: Map<string, MarketRow> = new Map();
  /** Gaps of whole feeds. */
  readonly feedGaps: Map<string, OpenGap> = new Map();
  feeds: FeedHealth[] = [];
  selected = "";
  bids: Map<number, number> = new Map();
  asks: Map<number, number> = new Map();
  bookKnown = false;
  depth = 0;
  trades: Print[] = [];
  /** Counts up with each trade of the selected market, so that views see how many are new. */
  tradesTotal = 0;
  /** What changed since the views looked. */
  readonly dirty: Set<string> = new Set();

  /** The selected market. */
  get current(): MarketRow | undefined {
    return this.markets.get(this.selected);
  }

  /** The gap that is open for a market. */
  gapOf(row: MarketRow): OpenGap | null {
    return row.gap ?? this.feedGaps.get(row.feed) ?? null;
  }

  /** Chooses a market; its book and trades start empty. */
  select(symbol: string): void {
    this.selected = symbol;
    this.bids.clear();
    this.asks.clear();
    this.bookKnown = false;
    this.trades = [];
    this.tradesTotal = 0;
    for (const what of ["focus", "book", "tape", "chart", "list"]) this.dirty.add(what);
  }

  /** Takes a market of the REST list. */
  takeSummary(summary: Record<string, unknown>): void {
    const row = this.row(String(summary["symbol"]), String(summary["feed"]));
    row.external = String(summary["external"] ?? "");
    row.state = String(summary["state"]);
    row.bookLive = summary["book"] === "live";
    this.#setLast(row, summary["last_price"] as number | null);
    this.#setQuote(
      row,
      summary["bid_price"] as number | null,
      summary["ask_price"] as number | null,
    );
    row.volume = summary["volume_24h"] as number | null ?? row.volume;
  }

  /** Takes a message of the stream. */
  take(message: Message): void {
    if (message.type === "gap") return this.#takeGap(message);
    const symbol = message["symbol"];
    if (typeof symbol !== "string") return;
    const row = this.row(symbol, String(message["feed"]));
    row.active++;
    if (message.type === "trade") this.#takeTrade(message, row);
    else if (message.type === "ticker") this.#takeTicker(message, row);
    else if (message.type === "status") row.state = String(message["state"]);
    else if (message.type === "orderbook" && symbol === this.selected) this.#takeBook(message, row);
    if (message.type !== "orderbook") this.dirty.add(`row:${symbol}`);
    if (symbol === this.selected) this.dirty.add("focus");
  }

  /** Trades from before the subscription, newest first as REST gives them. */
  takeHistory(symbol: string, history: readonly Message[]): void {
    if (symbol !== this.selected) return;
    const known = this.trades[0]?.ms ?? Infinity;
    const older = history.map(printOf).filter(({ ms }) => ms < known).reverse();
    this.trades = [...older, ...this.trades];
    for (const { price } of older) this.#notePrice(this.current, price);
    this.dirty.add("chart").add("tape");
  }

  /** Ends a second: activity moves on. */
  tick(): void {
    for (const row of this.markets.values()) {
      row.activity.push(row.active);
      if (row.activity.length > ACTIVITY_SECONDS) row.activity.shift();
      row.active = 0;
    }
    this.dirty.add("activity");
  }

  /** The row of a market, made when it is new. */
  row(symbol: string, feed: string): MarketRow {
    let row = this.markets.get(symbol);
    if (row === undefined) {
      row = {
        symbol,
        feed,
        external: "",
        state: "unknown",
        last: null,
        first: null,
        bid: null,
        ask: null,
        volume: null,
        openInterest: null,
        decimals: 0,
        gap: null,
        bookLive: false,
        moved: 0,
        active: 0,
        activity: [],
      };
      this.markets.set(symbol, row);
      this.dirty.add("list");
    }
    return row;
  }

  #takeTrade(message: Message, row: MarketRow): void {
    const print = printOf(message);
    this.#setLast(row, print.price);
    // A conflated trade says how many there were; only the newest of them is here.
    if (row.symbol !== this.selected || message["conflated"] === true) return;
    this.trades.push(print);
    this.tradesTotal++;
    if (this.trades.length > TRADES_MAX) this.trades.splice(0, TRADES_MAX / 5);
    this.dirty.add("tape").add("chart");
  }

  #takeTicker(message: Message, row: MarketRow): void {
    this.#setQuote(
      row,
      message["bid_price"] as number | null,
      message["ask_price"] as number | null,
    );
    this.#setLast(row, message["last_price"] as number | null);
    row.volume = message["volume_24h"] as number | null ?? row.volume;
    row.openInterest = message["open_interest"] as number | null ?? row.openInterest;
  }

  #takeBook(message: Message, row: MarketRow): void {
    if (message["kind"] === "snapshot") {
      this.bids.clear();
      this.asks.clear();
      this.bookKnown = row.bookLive = true;
      this.depth = Number(message["depth"]);
      row.gap = null;
    } else if (!this.bookKnown) return;
    this.#setLevels(this.bids, message["bids"] as Levels, row);
    this.#setLevels(this.asks, message["asks"] as Levels, row);
    if (this.depth > 0) {
      truncate(this.bids, this.depth, (a, b) => b - a);
      truncate(this.asks, this.depth, (a, b) => a - b);
    }
    this.dirty.add("book");
  }

  #setLevels(side: Map<number, number>, levels: Levels, row: MarketRow): void {
    for (const [price, size] of levels) {
      if (size === 0) side.delete(price);
      else side.set(price, size);
      this.#notePrice(row, price);
    }
  }

  #takeGap(message: Message): void {
    const open = message["recovered"] === false && message["to"] === null;
    const gap = open
      ? { reason: String(message["reason"]), fromMs: Number(message["from"]) }
      : null;
    const symbol = String(message["symbol"]);
    const feed = String(message["feed"]);
    if (symbol === "_all") {
      if (gap === null) this.feedGaps.delete(feed);
      else this.feedGaps.set(feed, gap);
    } else this.row(symbol, feed).gap = gap;
    const about = symbol === this.selected || (symbol === "_all" && this.current?.feed === feed);
    if (about && open && message["reason"] !== "clock") this.bookKnown = false;
    this.dirty.add("focus").add("book").add("list");
  }

  #setLast(row: MarketRow, price: number | null | undefined): void {
    if (price === null || price === undefined || price === row.last) return;
    if (row.last !== null) row.moved = price > row.last ? 1 : -1;
    row.first ??= price;
    row.last = price;
    this.#notePrice(row, price);
  }

  #setQuote(row: MarketRow, bid: number | null | undefined, ask: number | null | undefined): void {
    row.bid = bid ?? null;
    row.ask = ask ?? null;
    if (row.bid !== null) this.#notePrice(row, row.bid);
    if (row.ask !== null) this.#notePrice(row, row.ask);
  }

  #notePrice(row: MarketRow | undefined, price: number): void {
    if (row === undefined) return;
    const decimals = decimalsOf(price);
    if (decimals > row.decimals) row.decimals = decimals;
  }
}

function printOf(message: Message): Print {
  return {
    price: Number(message["price"]),
    size: Number(message["size"]),
    side: String(message["side"]),
    ms: Number(message["ts"] ?? message["recv_ts"] ?? Date.now()),
  };
}

/** Levels that fell out of the subscribed depth are not told any more: they must go. */
function truncate(
  side: Map<number, number>,
  depth: number,
  order: (a: number, b: number) => number,
): void {
  if (side.size <= depth) return;
  for (const price of [...side.keys()].sort(order).slice(depth)) side.delete(price);
}
