import { ALL_SYMBOLS, type Gap, type MarketEvent } from "@ssmd/market";
import { StateReader, StateWriter } from "../builders/state_bytes.ts";
import { ENGINE_VERSION } from "./fire_id.ts";
import { Instance, instanceKey, type Report, type Sink } from "./instance.ts";
import { type InstanceView, joinedWaiting, type Waiting } from "./inspect.ts";
import { compareInstances } from "./instance_order.ts";
import { type LoadedSignal, watches } from "./loaded_signal.ts";
import { BOOK_KEY, type KnownBook } from "./known_book.ts";
import { MarketState } from "./market_state.ts";
import { hasMarket, type Shard } from "./shard.ts";

/** Maximum instances per engine; further markets are reported and not watched. */
const INSTANCES_MAX = 50_000;

/** Options of an engine. */
export interface EngineOptions {
  /**
   * Whether earlier records exist: an instance then stays silent until it is sure to fire as one
   * that saw them all. Default false.
   */
  isCold?: boolean;
  /** V8 version for the lineage of fires; default "". */
  v8?: string;
  /** Share of the markets to run; default all. */
  shard?: Shard;
}

/**
 * Evaluates signals over ordered records and emits fires. Time comes only from records and
 * {@linkcode advance}; it uses no clock, randomness or I/O.
 */
export class Engine {
  readonly #signals: readonly LoadedSignal[];
  readonly #isCold: boolean;
  readonly #version: string;
  readonly #shard: Shard;
  readonly #sink: Sink;
  readonly #feeds = new Map<string, Map<string, MarketState | null>>();
  readonly #instances = new Map<string, Instance>();
  /** Instances with `every`, in evaluation order. */
  readonly #timed: Instance[] = [];
  #nextBoundaryUs = Infinity;
  /** Incremented with each record and boundary. */
  #turn = 0;
  #isFull = false;

  /** Creates an engine; equal signals, options and records give equal fires. */
  constructor(signals: readonly LoadedSignal[], sink: Sink, options: EngineOptions = {}) {
    const { isCold = false, v8 = "", shard = { index: 0, count: 1 } } = options;
    this.#shard = shard;
    this.#signals = signals.toSorted((a, b) => a.id < b.id ? -1 : 1);
    this.#sink = sink;
    this.#isCold = isCold;
    this.#version = v8 === "" ? ENGINE_VERSION : `${ENGINE_VERSION} v8/${v8}`;
  }

  /** Number of instances. */
  get instances(): number {
    return this.#instances.size;
  }

  /** Takes the next record, after evaluating boundaries up to its time. */
  take(record: MarketEvent): void {
    const { receivedAtUs } = record;
    if (receivedAtUs >= this.#nextBoundaryUs) this.advance(receivedAtUs);
    if (record.type === "gap") {
      this.#takeGap(record);
      return;
    }
    const market = this.#marketOf(record.feed, record.symbol);
    if (market === null) return;
    const slots = market.slotsOf(record.type);
    for (let i = 0; i < slots.length; i++) slots[i]?.apply(record);
    this.#turn++;
    const instances = market.instancesOf(record.type);
    for (let i = 0; i < instances.length; i++) {
      const instance = instances[i] as Instance;
      instance.onRecord(record, receivedAtUs, this.#turn);
      if (instance.isTimed) this.#plan(instance);
    }
  }

  #plan({ nextBoundaryUs }: Instance): void {
    if (nextBoundaryUs < this.#nextBoundaryUs) this.#nextBoundaryUs = nextBoundaryUs;
  }

  #takeGap(gap: Gap): void {
    const markets = this.#feeds.get(gap.feed);
    if (markets === undefined) return;
    const concerned = gap.symbol === ALL_SYMBOLS
      ? [...markets.values()]
      : [markets.get(gap.symbol) ?? null];
    for (const market of concerned) {
      for (const slot of market?.slots ?? []) slot.applyGap(gap);
    }
    for (const market of concerned) {
      for (const instance of market?.instances ?? []) instance.onGap(gap.receivedAtUs);
    }
  }

  /** Evaluates boundaries up to `timeUs`; all earlier records must have been taken. */
  advance(timeUs: number): void {
    while (this.#nextBoundaryUs <= timeUs) {
      const boundaryUs = this.#nextBoundaryUs;
      let nextUs = Infinity;
      this.#turn++;
      for (const instance of this.#timed) {
        if (instance.nextBoundaryUs === boundaryUs) instance.onBoundary(this.#turn);
        nextUs = Math.min(nextUs, instance.nextBoundaryUs);
      }
      this.#nextBoundaryUs = nextUs;
    }
  }

  /** Returns the state of a market's instances at a time. */
  inspect(feed: string, symbol: string, nowUs: number): InstanceView[] {
    const instances = this.#feeds.get(feed)?.get(symbol)?.instances ?? [];
    return instances.map((instance) => instance.inspect(nowUs));
  }

  /** Returns the instances that cannot fire at a time, by reason; those of markets only. */
  waiting(nowUs: number): Waiting[] {
    return joinedWaiting([...this.#instances.values()].flatMap((instance) => {
      if (instance.symbol === ALL_SYMBOLS) return [];
      const why = instance.waitsFor(nowUs);
      return why === undefined ? [] : [{ signal: instance.signal.id, why, markets: 1 }];
    }));
  }

  /** Returns a record's market; null when no signal follows it. */
  #marketOf(feed: string, symbol: string): MarketState | null {
    const markets = this.#marketsOf(feed);
    const known = markets.get(symbol);
    if (known !== undefined && known !== null) return known;
    if (known === null) return null;
    return this.#open(feed, symbol);
  }

  #watching(feed: string, symbol: string): LoadedSignal[] {
    if (!hasMarket(this.#shard, feed, symbol)) return [];
    return this.#signals.filter((signal) => watches(signal, feed, symbol));
  }

  /** Creates the instances of a new market. */
  #open(feed: string, symbol: string): MarketState | null {
    const watching = this.#watching(feed, symbol);
    const markets = this.#marketsOf(feed);
    if (watching.length === 0) {
      markets.set(symbol, null);
      return null;
    }
    const market = this.#made(feed, symbol);
    for (const signal of watching) this.#addInstance(signal, feed, symbol);
    return market;
  }

  #addInstance(signal: LoadedSignal, feed: string, symbol: string): void {
    const key = instanceKey(signal.id, feed, symbol);
    if (this.#instances.has(key) || this.#refuses({ signal: signal.id, feed, symbol })) return;
    const parts = Object.entries(signal.definition.state).map(([name, definition]) => {
      const { of } = definition;
      const market = this.#made(of?.feed ?? feed, of?.symbol ?? symbol);
      // Code that was changed may write its own builders otherwise.
      const owner = { signal: `${signal.id}\n${signal.sourceHash}`, name };
      return { name, market, ...market.builderFor(definition, owner) };
    });
    const views = Object.freeze(Object.fromEntries(parts.map(({ name, view }) => [name, view])));
    const slots = [...new Set(parts.map(({ slot }) => slot))];
    const instance = new Instance({
      ...{ signal, feed, symbol, views, group: this.#made(feed, symbol).groupOf(slots) },
      ...{ isCold: this.#isCold, engine: this.#version },
    }, this.#sink);
    for (const { market, slot } of parts) market.addInstance(instance, slot.types);
    this.#instances.set(key, instance);
    if (signal.definition.everyUs === 0) return;
    this.#timed.push(instance);
    this.#timed.sort(compareInstances);
  }

  #refuses(where: Pick<Report, "signal" | "feed" | "symbol">): boolean {
    if (this.#instances.size < INSTANCES_MAX) return false;
    if (!this.#isFull) {
      this.#isFull = true;
      const message = `more than ${INSTANCES_MAX} instances: further markets are not watched`;
      this.#sink.report({ kind: "error", ...where, atUs: 0, message });
    }
    return true;
  }

  #marketsOf(feed: string): Map<string, MarketState | null> {
    let markets = this.#feeds.get(feed);
    if (markets === undefined) this.#feeds.set(feed, markets = new Map());
    return markets;
  }

  #made(feed: string, symbol: string): MarketState {
    const markets = this.#marketsOf(feed);
    const known = markets.get(symbol);
    if (known !== undefined && known !== null) return known;
    const market = new MarketState();
    markets.set(symbol, market);
    // Signals on this market also watch it, even before its first record.
    for (const signal of this.#watching(feed, symbol)) this.#addInstance(signal, feed, symbol);
    return market;
  }

  /** Writes builders and instances. */
  write(to: StateWriter): void {
    const markets = [...this.#feeds].flatMap(([feed, symbols]) =>
      [...symbols].flatMap(([symbol, market]) => market === null ? [] : [{ feed, symbol, market }])
    );
    to.number(this.#nextBoundaryUs).number(markets.length);
    for (const { feed, symbol, market } of markets) {
      to.text(feed).text(symbol).number(market.slots.length);
      for (const slot of market.slots) to.text(slot.key).bytes(writtenBy(slot));
    }
    to.number(this.#instances.size);
    for (const instance of this.#instances.values()) {
      const { signal: { id, sourceHash, paramsHash }, feed, symbol } = instance;
      to.text(id).text(feed).text(symbol).text(`${sourceHash} ${paramsHash}`);
      to.bytes(writtenBy(instance));
    }
  }

  /**
   * Restores a state. Unchanged builders continue; new signals, and those with changed source or
   * parameters, start cold. Returns all books of the state. Throws CodecError for invalid bytes.
   */
  read(from: StateReader): KnownBook[] {
    this.#nextBoundaryUs = from.number();
    const written = Array.from({ length: from.number() }, () => ({
      ...{ feed: from.text(), symbol: from.text() },
      slots: Array.from({ length: from.number() }, () => [from.text(), from.bytes()] as const),
    }));
    // Create all markets first: an instance may follow a market listed before its own.
    for (const { feed, symbol } of written) this.#marketOf(feed, symbol);
    for (const { feed, symbol, slots } of written) {
      const market = this.#feeds.get(feed)?.get(symbol);
      for (const [key, bytes] of slots) {
        market?.slots.find((slot) => slot.key === key)?.read(new StateReader(bytes));
      }
    }
    for (let left = from.number(); left > 0; left--) {
      const key = instanceKey(from.text(), from.text(), from.text());
      const hashes = from.text();
      const bytes = from.bytes();
      const instance = this.#instances.get(key);
      if (instance === undefined) continue;
      const { sourceHash, paramsHash } = instance.signal;
      if (hashes === `${sourceHash} ${paramsHash}`) instance.read(new StateReader(bytes));
    }
    for (const { nextBoundaryUs } of this.#timed) {
      this.#nextBoundaryUs = Math.min(this.#nextBoundaryUs, nextBoundaryUs);
    }
    return written.flatMap(({ feed, symbol, slots }) =>
      slots.filter(([key]) => key === BOOK_KEY).map(([, state]) => ({ feed, symbol, state }))
    );
  }

  /** Continues books known elsewhere where it has none: the venue may not send one again for hours. */
  adopt(books: readonly KnownBook[]): void {
    for (const { feed, symbol } of books) this.#marketOf(feed, symbol);
    for (const { feed, symbol, state } of books) {
      const slot = this.#feeds.get(feed)?.get(symbol)?.slots.find(({ key }) => key === BOOK_KEY);
      if (slot?.isRestored === false) slot.read(new StateReader(state));
    }
  }
}

function writtenBy(part: { write(to: StateWriter): void }): Uint8Array {
  const to = new StateWriter();
  part.write(to);
  return to.finish();
}
