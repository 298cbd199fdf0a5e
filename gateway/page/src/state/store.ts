import { gatewayNowMs } from "../clock.ts";
import { decimalsOf } from "../format.ts";
import { Book } from "./book.ts";
import { emptyRow, isOfBook, keyOf, type MarketRow, type OpenGap } from "./market_row.ts";
import type { Message } from "./message.ts";
import { Tape } from "./tape.ts";

/** Parts that changed since the last frame. */
type Change =
  | "list"
  | "rows"
  | "title"
  | "book"
  | "tape"
  | "gaps"
  | "feeds"
  | "clients"
  | "second";

type Price = number | null | undefined;

/** State of the page; views read it once per frame. */
export class Store {
  readonly markets: Map<string, MarketRow> = new Map();
  /** Open gaps of whole feeds, by feed. */
  readonly feedGaps: Map<string, OpenGap> = new Map();
  /** Key of the focused market; "" = none. */
  focused = "";
  readonly book: Book = new Book();
  readonly tape: Tape = new Tape();
  readonly dirty: Set<Change> = new Set();
  /** Keys of markets whose row changed. */
  readonly dirtyRows: Set<string> = new Set();
  /** Lags of the newest records from venue time to receive time, by feed, ms. */
  readonly lags: Map<string, number[]> = new Map();

  /** The focused market. */
  get current(): MarketRow | undefined {
    return this.markets.get(this.focused);
  }

  /** Open gap that affects a market. */
  gapOf(row: MarketRow): OpenGap | null {
    return row.gap ?? this.feedGaps.get(row.feed) ?? null;
  }

  /** Finds a market by symbol; without `feed`, the first feed that has it. */
  find(symbol: string, feed?: string): MarketRow | undefined {
    if (feed !== undefined) return this.markets.get(keyOf(symbol, feed));
    for (const row of this.markets.values()) if (row.symbol === symbol) return row;
    return undefined;
  }

  /** Focuses a market; book and trades start empty. */
  focus(key: string): void {
    this.focused = key;
    this.book.clear();
    this.tape.clear();
    this.dirty.add("title").add("book").add("tape").add("gaps");
  }

  /** Clears the book until its next snapshot. */
  clearBook(): void {
    this.book.clear();
    this.dirty.add("book");
  }

  /** Removes markets by their keys. */
  removeMarkets(keys: Iterable<string>): void {
    for (const key of keys) this.markets.delete(key);
  }

  /** Applies a market of the REST list: what is unknown there is unknown here. */
  takeSummary(summary: Record<string, unknown>): MarketRow {
    const row = this.row(String(summary["symbol"]), String(summary["feed"]));
    row.external = String(summary["external"] ?? "");
    row.type = String(summary["type"] ?? "");
    row.state = String(summary["state"]);
    row.stateUnknownSinceMs = summary["state_unknown_since"] as number | null ?? null;
    row.bookLive = summary["book"] === "live";
    row.updatedMs = summary["updated"] as number | null;
    row.volume = summary["volume_24h"] as number | null ?? null;
    if (row.updatedMs === null) row.openInterest = null;
    const gap = summary["gap"] as { reason: string; channel: string; from: number } | null;
    row.gap = gap === null ? null : { reason: gap.reason, channel: gap.channel, fromMs: gap.from };
    const last = summary["last_price"] as Price ?? null;
    if (last === null) Object.assign(row, { last, spark: null, sparkAtMs: 0, reference: null });
    this.#setLast(row, last);
    this.#setQuote(row, summary["bid_price"] as Price, summary["ask_price"] as Price);
    row.moved = 0;
    this.dirty.add("title");
    return row;
  }

  /** Applies a stream message. */
  take(message: Message): void {
    if (message.type === "gap") return this.#takeGap(message);
    const symbol = message["symbol"];
    // Messages about a whole feed, such as day steps, belong to no market.
    if (typeof symbol !== "string" || symbol === "_all") return;
    const row = this.row(symbol, String(message["feed"]));
    row.updatedMs = Number(message["recv_ts"]);
    this.#noteLag(row.feed, message["ts"], row.updatedMs);
    if (message.type === "trade") this.#takeTrade(message, row);
    else if (message.type === "ticker") this.#takeTicker(message, row);
    else if (message.type === "status") this.#takeStatus(message, row);
    else if (message.type === "orderbook") this.#takeBook(message, row);
    this.dirtyRows.add(row.key);
    this.dirty.add("rows");
    if (row.key === this.focused) this.dirty.add("title");
  }

  /** Marks dropped messages, and the book as unknown if it is affected. */
  takeDropped(message: Message): void {
    const row = this.current;
    if (row === undefined) return;
    const until = Number(message["until"] ?? gatewayNowMs());
    this.tape.mark(`${message["count"]} messages left out: this browser was too slow`, until);
    const books = message["books"] as string[] | undefined ?? [];
    const isNamed = books.includes(row.symbol) || Number(message["books_count"]) > books.length;
    if (isNamed) this.book.known = false;
    this.dirty.add("book").add("tape");
  }

  /** Row of a market, created when new. */
  row(symbol: string, feed: string): MarketRow {
    const key = keyOf(symbol, feed);
    let row = this.markets.get(key);
    if (row === undefined) {
      row = emptyRow(symbol, feed);
      this.markets.set(key, row);
      this.dirty.add("list");
    }
    return row;
  }

  /** Raises a market's decimals to fit this price. */
  notePrice(row: MarketRow, price: number): void {
    const decimals = decimalsOf(price);
    if (decimals > row.decimals) row.decimals = decimals;
  }

  #takeTrade(message: Message, row: MarketRow): void {
    this.#setLast(row, Number(message["price"]));
    // A trade proves that an open market is still open.
    if (row.state === "open") row.stateUnknownSinceMs = null;
    // A conflated trade represents several; only the newest is sent.
    if (row.key !== this.focused || message["conflated"] === true) return;
    if (this.tape.take(message) !== undefined) this.dirty.add("tape");
  }

  /** Status records about dates carry no state. */
  #takeStatus({ state }: Message, row: MarketRow): void {
    if (state === "unknown") return;
    row.state = String(state);
    row.stateUnknownSinceMs = null;
  }

  /** Status records of a market, or of all of a feed, are missing since `fromMs`. */
  #loseSteps(symbol: string, feed: string, fromMs: number): void {
    for (const row of this.markets.values()) {
      const isIt = row.feed === feed && (symbol === "_all" || symbol === row.symbol);
      if (!isIt || ["settled", "delisted"].includes(row.state)) continue;
      row.stateUnknownSinceMs ??= fromMs;
      this.dirtyRows.add(row.key);
    }
    this.dirty.add("rows").add("title");
  }

  #takeTicker(message: Message, row: MarketRow): void {
    this.#setQuote(row, message["bid_price"] as Price, message["ask_price"] as Price);
    this.#setLast(row, message["last_price"] as Price);
    row.volume = message["volume_24h"] as number | null ?? row.volume;
    row.openInterest = message["open_interest"] as number | null ?? row.openInterest;
  }

  #takeBook(message: Message, row: MarketRow): void {
    if (row.key !== this.focused || !this.book.take(message)) return;
    if (message["kind"] === "snapshot") {
      row.bookLive = true;
      if (row.gap !== null && isOfBook(row.gap)) row.gap = null;
    }
    for (const side of ["bids", "asks"] as const) {
      for (const [price] of message[side] as [number, number][]) this.notePrice(row, price);
    }
    this.#setQuote(row, this.book.bestBid(), this.book.bestAsk());
    this.dirty.add("book");
  }

  #takeGap(message: Message): void {
    const isOpen = message["recovered"] === false && message["to"] === null;
    const fromMs = Number(message["from"]);
    const channel = String(message["channel"] ?? "all");
    const gap = isOpen ? { reason: String(message["reason"]), channel, fromMs } : null;
    const [symbol, feed] = [String(message["symbol"]), String(message["feed"])];
    if (channel === "status" && !message["recovered"]) this.#loseSteps(symbol, feed, fromMs);
    const known = symbol === "_all" ? this.feedGaps.get(feed) : this.row(symbol, feed).gap;
    // A clock gap only makes times doubtful; it must not replace a gap of missing records.
    const isLesser = message["reason"] === "clock" && known != null && known.reason !== "clock";
    // The end of a trade gap does not end a book gap.
    const isOther = gap === null && known != null && known.channel !== channel;
    if (!isLesser && !isOther) this.#setGap(symbol, feed, gap);
    const row = this.current;
    if (row?.feed === feed && (symbol === "_all" || symbol === row.symbol)) {
      this.#markGap(message, isOpen);
    }
    this.dirty.add("list").add("gaps");
  }

  #setGap(symbol: string, feed: string, gap: OpenGap | null): void {
    if (symbol !== "_all") this.row(symbol, feed).gap = gap;
    else if (gap === null) this.feedGaps.delete(feed);
    else this.feedGaps.set(feed, gap);
  }

  #markGap(message: Message, isOpen: boolean): void {
    const reason = String(message["reason"]);
    const missed = message["missed"] === null ? "" : `, ${message["missed"]} missed`;
    const recvMs = Number(message["recv_ts"]);
    if (isOpen) this.tape.mark(`gap begins: ${reason}`, recvMs);
    else this.tape.mark(`gap ends: ${reason}${missed}`, recvMs);
    const isBooks = ["all", "orderbook"].includes(String(message["channel"] ?? "all"));
    if (isOpen && reason !== "clock" && isBooks) this.book.known = false;
    this.dirty.add("title").add("book").add("tape");
  }

  #noteLag(feed: string, ts: unknown, recvMs: number): void {
    if (typeof ts !== "number") return;
    let lags = this.lags.get(feed);
    if (lags === undefined) this.lags.set(feed, lags = []);
    lags.push(recvMs - ts);
    if (lags.length > 400) lags.splice(0, 200);
  }

  #setLast(row: MarketRow, price: Price): void {
    if (price === null || price === undefined || price === row.last) return;
    if (row.last !== null) row.moved = price > row.last ? 1 : -1;
    row.last = price;
    row.reference ??= row.spark === null ? null : price;
    this.notePrice(row, price);
  }

  #setQuote(row: MarketRow, bid: Price, ask: Price): void {
    row.bid = bid ?? null;
    row.ask = ask ?? null;
    if (row.bid !== null) this.notePrice(row, row.bid);
    if (row.ask !== null) this.notePrice(row, row.ask);
  }
}
