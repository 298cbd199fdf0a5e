import type { EventType, MarketEvent } from "@ssmd/market";
import { ConfigError } from "@ssmd/runtime/errors";
import {
  type Builder,
  type BuilderDefinition,
  concerns,
  define,
  type MarketOption,
  marketPart,
} from "./builder.ts";
import { LEVELS, type OrderbookBuilder, PRICE_STEPS } from "./orderbook.ts";
import { spanUs } from "./span.ts";
import type { StateReader, StateWriter } from "./state_bytes.ts";

const SLOTS_DEFAULT = 600;
const SLOTS_MAX = 20_000;
/** Initial slots; most markets are quiet. */
const SLOTS_FIRST = 32;
const RESOLUTION_MIN_US = 1000;

/** Price source: the last trade or the book's mid. */
export type PriceSource = "trade" | "mid";

/** Options of `priceHistory`. */
export interface PriceHistoryOptions extends MarketOption {
  /** Length of the history: `1m`. */
  window: string;
  /** Default `trade`. */
  source?: PriceSource;
  /** Slot length; default 1/600 of the window, at least 1 ms. */
  resolution?: string;
}

/**
 * A ring of time slots with the last price of each; slots without a price are absent. Slots align
 * to multiples of the resolution since 1970, so values do not depend on the start time.
 */
export class PriceHistoryBuilder implements Builder {
  #source: PriceSource;
  #levels: OrderbookBuilder | undefined;
  #windowUs: number;
  #resolutionUs: number;
  readonly #slotsMax: number;
  #slots = new Float64Array(SLOTS_FIRST);
  #closes = new Float64Array(SLOTS_FIRST);
  #highs = new Float64Array(SLOTS_FIRST);
  #lows = new Float64Array(SLOTS_FIRST);
  #first = 0;
  #count = 0;
  #nowUs = 0;

  /** Creates an empty history. */
  constructor(
    { source, levels, windowUs, resolutionUs }: {
      source: PriceSource;
      levels?: OrderbookBuilder;
      windowUs: number;
      resolutionUs: number;
    },
  ) {
    this.#source = source;
    this.#levels = levels;
    this.#windowUs = windowUs;
    this.#resolutionUs = resolutionUs;
    this.#slotsMax = Math.ceil(windowUs / resolutionUs) + 3;
  }

  /** Whether there is a price and, for mids, the book is valid. */
  get valid(): boolean {
    return this.#count > 0 && (this.#levels === undefined || this.#levels.valid);
  }

  /** Applies trades or book updates, as its source requires, and their gaps. */
  apply(record: MarketEvent): void {
    if (record.type === "trade" && this.#source === "trade") {
      this.#add(record.price, record.receivedAtUs);
    } else if (record.type === "orderbook") this.#addMid(record.receivedAtUs);
    else if (record.type === "gap") {
      if (concerns(record, this.#source === "trade" ? "trade" : "orderbook")) this.#count = 0;
    }
  }

  /** Advances to a time, µs. */
  advance(nowUs: number): void {
    this.#nowUs = nowUs;
  }

  #addMid(atUs: number): void {
    const levels = this.#levels;
    if (levels === undefined || !levels.valid) return;
    const { bids, asks } = levels.book;
    const mid = (bids.bestPrice + asks.bestPrice) / PRICE_STEPS / 2;
    // A one-sided book has no mid.
    if (mid === mid) this.#add(mid, atUs);
  }

  #add(price: number, atUs: number): void {
    const slot = Math.floor(atUs / this.#resolutionUs);
    const capacity = this.#slots.length;
    const last = (this.#first + this.#count - 1 + capacity) % capacity;
    // After a clock step back, prices go to the newest slot.
    if (this.#count > 0 && slot <= (this.#slots[last] as number)) {
      this.#closes[last] = price;
      this.#highs[last] = Math.max(this.#highs[last] as number, price);
      this.#lows[last] = Math.min(this.#lows[last] as number, price);
      return;
    }
    if (this.#count === this.#slotsMax) {
      this.#first = (this.#first + 1) % capacity;
      this.#count--;
    } else if (this.#count === capacity) this.#grow(capacity);
    const at = (this.#first + this.#count++) % this.#slots.length;
    this.#slots[at] = slot;
    this.#closes[at] = this.#highs[at] = this.#lows[at] = price;
  }

  /** Doubles the capacity, up to the window's maximum. */
  #grow(capacity: number): void {
    const length = Math.min(capacity * 2, this.#slotsMax);
    const grown = (values: Float64Array) => {
      const copy = new Float64Array(length);
      copy.set(values.subarray(this.#first));
      copy.set(values.subarray(0, this.#first), capacity - this.#first);
      return copy;
    };
    [this.#slots, this.#closes] = [grown(this.#slots), grown(this.#closes)];
    [this.#highs, this.#lows] = [grown(this.#highs), grown(this.#lows)];
    this.#first = 0;
  }

  /** Newest price; NaN when there is none. */
  get last(): number {
    return this.#count === 0 ? NaN : this.#at(this.#closes, this.#count - 1);
  }

  /** Returns the closing price of the slot that contains now − `us`; NaN when unknown. */
  before(us: number): number {
    const index = this.#indexAt(this.#nowUs - us);
    return index < 0 ? NaN : this.#at(this.#closes, index);
  }

  /** Highest price since the end of the slot that contains now − window. */
  get high(): number {
    let high = NaN;
    for (let i = this.#firstInWindow(); i < this.#count; i++) {
      const value = this.#at(i === this.#firstInWindow() ? this.#closes : this.#highs, i);
      if (!(value <= high)) high = value;
    }
    return high;
  }

  /** Lowest price since the end of the slot that contains now − window. */
  get low(): number {
    let low = NaN;
    for (let i = this.#firstInWindow(); i < this.#count; i++) {
      const value = this.#at(i === this.#firstInWindow() ? this.#closes : this.#lows, i);
      if (!(value >= low)) low = value;
    }
    return low;
  }

  /** Returns the index of the price in force at the window's start. */
  #firstInWindow(): number {
    return Math.max(0, this.#indexAt(this.#nowUs - this.#windowUs));
  }

  /** Returns the last index whose slot is at or before `atUs`; -1 when there is none. */
  #indexAt(atUs: number): number {
    const slot = Math.floor(atUs / this.#resolutionUs);
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(this.#slots, middle) <= slot) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #at(values: Float64Array, index: number): number {
    return values[(this.#first + index) % values.length] as number;
  }

  /** Writes the slots. */
  write(to: StateWriter): void {
    to.number(this.#nowUs).number(this.#count);
    for (let i = 0; i < this.#count; i++) {
      to.number(this.#at(this.#slots, i)).number(this.#at(this.#closes, i));
      to.number(this.#at(this.#highs, i)).number(this.#at(this.#lows, i));
    }
  }

  /** Restores the slots. */
  read(from: StateReader): void {
    this.#nowUs = from.number();
    this.#first = 0;
    this.#count = 0;
    const count = Math.min(from.number(), this.#slotsMax);
    while (this.#slots.length < count) this.#grow(this.#slots.length);
    this.#count = count;
    for (let i = 0; i < count; i++) {
      this.#slots[i] = from.number();
      this.#closes[i] = from.number();
      this.#highs[i] = from.number();
      this.#lows[i] = from.number();
    }
  }
}

/** View of a price history for conditions; NaN when unknown. */
export class PriceHistoryView {
  #history: PriceHistoryBuilder;

  /** Creates a view of a history. */
  constructor(history: PriceHistoryBuilder) {
    this.#history = history;
    Object.freeze(this);
  }

  /** Newest price. */
  get last(): number {
    return this.#history.last;
  }

  /** Highest price in the window. */
  get high(): number {
    return this.#history.high;
  }

  /** Lowest price in the window. */
  get low(): number {
    return this.#history.low;
  }

  /** Returns the price a span ago, at most the window: `ago("10s")`. */
  ago(span: string): number {
    return this.#history.before(spanUs(span));
  }

  /** Returns the relative change over a span: 0.01 = 1 % up. */
  change(span: string): number {
    const before = this.#history.before(spanUs(span));
    return (this.#history.last - before) / before;
  }
}

/** Declares a time window of prices. Throws ConfigError `SIGNAL_INVALID`, `DURATION_INVALID`. */
export function priceHistory(
  options: PriceHistoryOptions,
): BuilderDefinition<PriceHistoryView, PriceHistoryBuilder> {
  const { window, source = "trade", resolution, of } = options;
  const windowUs = spanUs(window);
  const resolutionUs = resolution === undefined
    ? Math.max(RESOLUTION_MIN_US, Math.ceil(windowUs / SLOTS_DEFAULT))
    : spanUs(resolution);
  if (windowUs / resolutionUs > SLOTS_MAX || resolutionUs > windowUs) {
    throw new ConfigError(
      "SIGNAL_INVALID",
      `priceHistory has 1 to ${SLOTS_MAX} slots: ${window} at ${resolutionUs} µs is out of range`,
      { hint: "Name another resolution" },
    );
  }
  const types: readonly EventType[] = Object.freeze([source === "trade" ? "trade" : "orderbook"]);
  return define({
    kind: "priceHistory",
    options: Object.freeze({ windowUs, resolutionUs, source }),
    ...marketPart(of),
    types,
    // The first slot is incomplete.
    warmupUs: windowUs + resolutionUs,
    isShared: true,
    create({ use }) {
      const levels = source === "mid" ? { levels: use(LEVELS) } : {};
      const builder = new PriceHistoryBuilder({ source, windowUs, resolutionUs, ...levels });
      return { builder, view: new PriceHistoryView(builder) };
    },
  });
}
