import {
  type BookSide,
  type Gap,
  type Level,
  type MarketEvent,
  OrderBook,
  type OrderBookUpdate,
  type Trade,
} from "@ssmd/market";
import { DAY_US } from "@ssmd/runtime";
import { type EnrichChain, SLOTS } from "./chain.ts";
import { type EnrichedRow, rounded } from "./enriched_row.ts";
import { TradeWindow } from "./trade_window.ts";

const PRICE_SLOTS = [SLOTS.bid, SLOTS.ask, SLOTS.last] as const;

/** Security master values of a market from a time on. */
export interface ReferenceSpan {
  /** Start, µs; the first is -Infinity. */
  fromUs: number;
  /** In the order of the chain's `references`; "" = none. */
  values: readonly string[];
}

/** Options of {@linkcode EnrichedMarket}. */
interface MarketOptions {
  symbol: string;
  feed: string;
  chain: EnrichChain;
  /** Ordered by time; absent = not in the security master. */
  references?: readonly ReferenceSpan[];
  onRow: (row: EnrichedRow) => void;
}

/**
 * Runs the chain on one market. It is a pure function of the records in receive order, so live and
 * archive give the same values. Emits a row when a value changed, and one at the first record of
 * each UTC day, when all state except window trades is reset: days begin with snapshots.
 */
export class EnrichedMarket {
  #options: MarketOptions;
  #chain: EnrichChain;
  #values: Float64Array;
  #book = new OrderBook();
  #windows: TradeWindow[];
  /** Time of the book's snapshot, µs; 0 = the book is unknown. */
  #snapshotUs = 0;
  /** Time of the other feed's levels, µs. */
  #otherUs = -Infinity;
  /** Start of complete trades when no gap is open, µs; Infinity = no record yet. */
  #tradesSinceUs = Infinity;
  /** Open trade gaps, by symbol and channel. */
  #tradeGaps = new Set<string>();
  /** Time of the market's last record, µs; 0 = none. */
  #lastUs = 0;
  #dayUs = -Infinity;
  #isStale = false;
  #reference: ReferenceSpan | undefined;
  /** Time of the next reference change, µs. */
  #otherReferenceUs: number;
  /** Last row; undefined = none today. */
  #row: EnrichedRow | undefined;
  /** Numbers of the last row; NaN = unknown. */
  #numbers: number[];
  /** Words of the last row; copied on change, as rows share the list. */
  #words: readonly (string | null)[];
  /** Index of each word in the references; -1 = quality. */
  #wordFields: number[];

  constructor(options: MarketOptions) {
    this.#options = options;
    this.#chain = options.chain;
    this.#values = new Float64Array(this.#chain.slots).fill(NaN);
    const { columns, steps, hasQuality, references } = this.#chain;
    this.#numbers = steps.map(() => 0);
    this.#wordFields = columns.slice(steps.length).map(({ name }) =>
      name === "quality" && hasQuality ? -1 : references.indexOf(name)
    );
    this.#words = this.#wordFields.map(() => null);
    this.#otherReferenceUs = options.references?.[0]?.fromUs ?? Infinity;
    this.#windows = this.#chain.windows.map(({ us }) => new TradeWindow(us));
  }

  /** Processes the next record of the market, or a gap of all markets. */
  take(event: MarketEvent): void {
    const { type } = event;
    if (type === "orderbook") this.#update(event);
    else if (type === "trade") this.#trade(event);
    else if (type === "gap" && event.reason !== "clock") this.#lose(event);
  }

  /** Advances time: no earlier record than `timeUs` follows. */
  passTo(timeUs: number): void {
    const staleUs = this.#lastUs + this.#chain.staleUs;
    if (this.#isStale || this.#lastUs === 0 || staleUs >= timeUs) return;
    this.#isStale = true;
    this.#startDay(staleUs);
    this.#evaluate(staleUs);
  }

  /** Sets the instrument's best bid and ask on another feed from a time on. */
  takeOther({ bid, ask }: { bid: number; ask: number }, timeUs: number): void {
    this.passTo(timeUs);
    this.#otherUs = timeUs;
    this.#values[SLOTS.other_bid] = bid;
    this.#values[SLOTS.other_ask] = ask;
    if (this.#dayUs > timeUs - DAY_US) this.#evaluate(timeUs);
  }

  #begin(timeUs: number): boolean {
    this.passTo(timeUs);
    const isNew = this.#isStale || this.#lastUs === 0;
    this.#isStale = false;
    if (this.#tradesSinceUs === Infinity) this.#tradesSinceUs = timeUs;
    this.#lastUs = timeUs;
    return this.#startDay(timeUs) || isNew;
  }

  #startDay(timeUs: number): boolean {
    if (timeUs < this.#dayUs + DAY_US) return false;
    this.#dayUs = Math.floor(timeUs / DAY_US) * DAY_US;
    this.#forgetBook();
    this.#values[SLOTS.last] = this.#values[SLOTS.last_size] = NaN;
    if (this.#otherUs < this.#dayUs) {
      this.#values[SLOTS.other_bid] = this.#values[SLOTS.other_ask] = NaN;
    }
    this.#row = undefined;
    return true;
  }

  #update({ receivedAtUs, kind, bids, asks, depth }: OrderBookUpdate): void {
    const isNew = this.#begin(receivedAtUs);
    const book = this.#book;
    if (kind === "snapshot") {
      book.clear();
      this.#snapshotUs = receivedAtUs;
    }
    if (this.#snapshotUs === 0) {
      if (isNew) this.#evaluate(receivedAtUs);
      return;
    }
    let isOfTop = setLevels(book.bids, bids);
    if (setLevels(book.asks, asks) || kind === "snapshot") isOfTop = true;
    if (depth > 0) book.truncate(depth);
    const isOther = isOfTop && this.#readTop();
    if (isOther || isNew || kind === "snapshot") this.#evaluate(receivedAtUs);
  }

  /** Updates the top of book; returns whether it changed. */
  #readTop(): boolean {
    const { bids, asks } = this.#book;
    const values = this.#values;
    const bid = bids.prices[0] ?? NaN;
    const bidSize = bids.sizes[0] ?? NaN;
    const ask = asks.prices[0] ?? NaN;
    const askSize = asks.sizes[0] ?? NaN;
    if (
      Object.is(values[SLOTS.bid], bid) && Object.is(values[SLOTS.bid_size], bidSize) &&
      Object.is(values[SLOTS.ask], ask) && Object.is(values[SLOTS.ask_size], askSize)
    ) return false;
    values[SLOTS.bid] = bid;
    values[SLOTS.bid_size] = bidSize;
    values[SLOTS.ask] = ask;
    values[SLOTS.ask_size] = askSize;
    return true;
  }

  #trade({ receivedAtUs, price, size }: Trade): void {
    this.#begin(receivedAtUs);
    for (const window of this.#windows) window.add(receivedAtUs, price, size);
    this.#values[SLOTS.last] = price;
    this.#values[SLOTS.last_size] = size;
    this.#evaluate(receivedAtUs);
  }

  #lose({ receivedAtUs, symbol, channel, fromUs, toUs }: Gap): void {
    this.passTo(receivedAtUs);
    this.#startDay(receivedAtUs);
    if (channel === "all" || channel === "trade") {
      const name = `${symbol} ${channel}`;
      if (toUs === 0) this.#tradeGaps.add(name);
      else {
        this.#tradeGaps.delete(name);
        this.#tradesSinceUs = this.#lastUs === 0 ? toUs : Math.max(this.#tradesSinceUs, toUs);
      }
    }
    // A recovery reported after its snapshot leaves the book unchanged.
    const isOfBook = channel === "all" || channel === "orderbook";
    if (isOfBook && (toUs === 0 || this.#snapshotUs <= fromUs)) this.#forgetBook();
    if (this.#lastUs > 0) this.#evaluate(receivedAtUs);
  }

  #forgetBook(): void {
    this.#snapshotUs = 0;
    this.#book.clear();
    this.#readTop();
  }

  #evaluate(timeUs: number): void {
    const { steps, windows } = this.#chain;
    const values = this.#values;
    for (let i = 0; i < windows.length; i++) {
      const { name, us, slot } = windows[i] as EnrichChain["windows"][number];
      const window = this.#windows[i] as TradeWindow;
      window.passTo(timeUs);
      const isWhole = this.#tradeGaps.size === 0 && timeUs - us >= this.#tradesSinceUs;
      values[slot] = !isWhole ? NaN : name === "vwap" ? window.vwap : window.volume;
    }
    for (let i = 0; i < steps.length; i++) {
      const { slot, evaluate } = steps[i] as EnrichChain["steps"][number];
      values[slot] = evaluate(values);
    }
    this.#emit(timeUs);
  }

  /** Emits a row if a value changed. */
  #emit(timeUs: number): void {
    const valid = this.#snapshotUs > 0;
    const areOthers = this.#takeNumbers();
    if (!this.#takeWords(timeUs) && !areOthers && this.#row?.valid === valid) return;
    const { symbol, feed, onRow } = this.#options;
    const numbers = this.#numbers.slice();
    const row: EnrichedRow = { symbol, feed, timeUs, valid, numbers, words: this.#words };
    this.#row = row;
    onRow(row);
  }

  /** Stores calculated numbers; returns whether one changed. */
  #takeNumbers(): boolean {
    const { steps } = this.#chain;
    const price = this.#price();
    let isOther = false;
    for (let i = 0; i < steps.length; i++) {
      const value = this.#values[(steps[i] as EnrichChain["steps"][number]).slot] as number;
      const next = Number.isFinite(value) ? rounded(value, price) : NaN;
      const last = this.#numbers[i] as number;
      if (next === last || (Number.isNaN(next) && Number.isNaN(last))) continue;
      this.#numbers[i] = next;
      isOther = true;
    }
    return isOther;
  }

  /** Stores words valid at a time; returns whether one changed. */
  #takeWords(timeUs: number): boolean {
    const isReferred = timeUs >= this.#otherReferenceUs;
    if (isReferred) this.#passReferences(timeUs);
    let changed: (string | null)[] | undefined;
    for (let i = 0; i < this.#wordFields.length; i++) {
      const field = this.#wordFields[i] as number;
      if (field >= 0 && !isReferred) continue;
      const word = field < 0 ? this.#quality() : this.#reference?.values[field] || null;
      if (word !== this.#words[i]) (changed ??= this.#words.slice())[i] = word;
    }
    if (changed !== undefined) this.#words = changed;
    return changed !== undefined;
  }

  #passReferences(timeUs: number): void {
    const { references = [] } = this.#options;
    const next = references.findIndex(({ fromUs }) => fromUs > timeUs);
    this.#reference = references.at(next < 0 ? -1 : next - 1);
    this.#otherReferenceUs = references[next]?.fromUs ?? Infinity;
  }

  /** Returns the largest current price; 0 = none. */
  #price(): number {
    const values = this.#values;
    let largest = 0;
    for (const slot of PRICE_SLOTS) {
      const price = values[slot] as number;
      if (price > largest) largest = price;
    }
    return largest;
  }

  /** Returns `good`, or the problems separated by space: stale; unknown, one-sided, crossed or wide. */
  #quality(): string {
    const word = this.#bookQuality();
    if (!this.#isStale) return word;
    return word === "good" ? "stale" : `stale ${word}`;
  }

  #bookQuality(): string {
    if (this.#snapshotUs === 0) return "unknown";
    const bid = this.#values[SLOTS.bid] as number;
    const ask = this.#values[SLOTS.ask] as number;
    if (Number.isNaN(bid + ask)) return "one-sided";
    if (bid >= ask) return "crossed";
    return (ask - bid) / ((bid + ask) / 2) * 10_000 > this.#chain.wideBps ? "wide" : "good";
  }
}

/** Sets levels of a side; returns whether the best one was among them. */
function setLevels(side: BookSide, levels: readonly Level[]): boolean {
  let isOfTop = false;
  for (let i = 0; i < levels.length; i++) {
    const { price, size } = levels[i] as Level;
    if (side.set(price, size) === 0) isOfTop = true;
  }
  return isOfTop;
}
