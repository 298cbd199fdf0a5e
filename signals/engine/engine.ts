import { ALL_SYMBOLS, type Gap, type MarketEvent } from "@ssmd/market";
import { StateReader, StateWriter } from "../builders/state_bytes.ts";
import { ENGINE_VERSION } from "./fire_id.ts";
import { Instance, instanceKey, type Report, type Sink } from "./instance.ts";
import type { InstanceView } from "./inspect.ts";
import { compareInstances } from "./instance_order.ts";
import { type LoadedSignal, watches } from "./loaded_signal.ts";
import { MarketState } from "./market_state.ts";
import { hasMarket, type Shard } from "./shard.ts";

/** Instances of one engine; markets past it are reported and left alone. */
const INSTANCES_MAX = 50_000;

/** How an engine begins. */
export interface EngineOptions {
  /**
   * Whether records before the first one exist: then an instance is silent until it is sure to fire
   * as one that saw them all. Default false.
   */
  isCold?: boolean;
  /** Version of V8, for the lineage of fires; default "". */
  v8?: string;
  /** The markets whose instances it has; default all. */
  shard?: Shard;
}

/**
 * Signals over records in one order: records in, fires out. Its only time is that of the records and
 * of {@linkcode advance}; it has no clock, no chance and no I/O.
 */
export class Engine {
  readonly #signals: readonly LoadedSignal[];
  readonly #isCold: boolean;
  readonly #version: string;
  readonly #shard: Shard;
  readonly #sink: Sink;
  readonly #feeds = new Map<string, Map<string, MarketState | null>>();
  readonly #instances = new Map<string, Instance>();
  /** Instances with `every`, in the order in which they are asked. */
  readonly #timed: Instance[] = [];
  #nextBoundaryUs = Infinity;
  /** Rises with each record and each boundary. */
  #turn = 0;
  #isFull = false;

  /** Engines of equal signals and options give equal fires for equal records. */
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

  /** Takes the next record; boundaries up to its time are evaluated before it. */
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
    for (let i = 0; i < instances.length; i++) this.#ask(instances[i] as Instance, record);
  }

  #ask(instance: Instance, record: MarketEvent): void {
    instance.onRecord(record, this.#turn);
    if (instance.nextBoundaryUs < this.#nextBoundaryUs) {
      this.#nextBoundaryUs = instance.nextBoundaryUs;
    }
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

  /** Time is `timeUs`: evaluates boundaries up to it, as all records before them were taken. */
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

  /** What the instances of a market know at a time. */
  inspect(feed: string, symbol: string, nowUs: number): InstanceView[] {
    const instances = this.#feeds.get(feed)?.get(symbol)?.instances ?? [];
    return instances.map((instance) => instance.inspect(nowUs));
  }

  /** The market of a record; null = no signal follows it. */
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

  /** Makes the instances of a market that is new. */
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
      return { name, market, ...market.builderFor(definition, { signal: signal.id, name }) };
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
    // Its own signals watch it as well, though no record of it came yet.
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
   * Takes over a state. A builder that is declared as before goes on; instances of a signal whose
   * source or parameters changed, and new ones, begin cold. Throws CodecError for other bytes.
   */
  read(from: StateReader): void {
    this.#nextBoundaryUs = from.number();
    const written = Array.from({ length: from.number() }, () => ({
      ...{ feed: from.text(), symbol: from.text() },
      slots: Array.from({ length: from.number() }, () => [from.text(), from.bytes()] as const),
    }));
    // An instance may follow a market that comes before it.
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
  }
}

function writtenBy(part: { write(to: StateWriter): void }): Uint8Array {
  const to = new StateWriter();
  part.write(to);
  return to.finish();
}
