import type { Buffer } from "node:buffer";
import { type Break, DisconnectGap, type Gap, isMarketData, type MarketEvent } from "@ssmd/market";
import type {
  CarriedState,
  Handover,
  Normalized,
  Normalizer,
  NormalizerOptions,
  SymbolSpec,
} from "./adapter.ts";
import type { BookSet } from "./book_set.ts";
import type { FrameScanner } from "./frame_scanner.ts";
import type {
  MissingSubscription,
  OrderedChannel,
  Subscription,
  SubscriptionOrder,
} from "./subscription.ts";
import { type LedgerState, SubscriptionLedger } from "./subscription_ledger.ts";
import { Symbols } from "./symbols.ts";
import type { TrackedBook } from "./tracked_book.ts";

/** What is asked of a venue on one connection. Request ids count from 1 on every connection. */
export interface Requests {
  /** Frames that subscribe everything, for a connection that was just opened. */
  firstFrames(): string[];
  /** The connection is open and was sent `firstFrames`. */
  connected(): void;
  /** Frames that ask once more for what is due. */
  ask(due: readonly Subscription[]): string[];
  /** Frames that end subscriptions. */
  end(orders: readonly Subscription[]): string[];
}

/** What a venue orders, and how it calls a market that was not. */
interface VenueOrders extends NormalizerOptions {
  ordersOf(specs: readonly SymbolSpec[]): SubscriptionOrder[];
  symbolOf(external: string): string;
}

/** What all normalizers remember, as plain JSON; a venue adds its own. */
export interface VenueState<BookState> {
  ledger: LedgerState;
  gap: Gap | null;
  books: BookState[];
  /** The last market data, µs; absent in states of before it was kept. */
  dataUs?: number;
  /** Markets that were taken off; absent in states of before. */
  former?: SymbolSpec[];
  /** Whether markets come and go. */
  isSelective?: true;
  /** Since when each market is here that others had before, and up to when each was that is gone, µs. */
  taken?: [external: string, fromUs: number][];
  left?: [external: string, lastGoodUs: number][];
}

/** Markets that are gone are forgotten when there are more. */
const LEFT_MAX = 10_000;

/**
 * The life of a connection, the same at all venues: what was ordered against what arrives, breaks and
 * their gaps, books, and what outlives the run. A venue writes what its frames mean.
 */
export abstract class VenueNormalizer<Book extends TrackedBook, BookState> implements Normalizer {
  protected readonly feed: string;
  protected readonly symbols: Symbols;
  protected readonly ledger: SubscriptionLedger;
  protected readonly gap: DisconnectGap;
  #ordersOf: VenueOrders["ordersOf"];
  /** Receive time of the last market data, µs; 0 = none came yet. */
  protected dataUs = 0;
  /** By the venue's name of a market that was handed over: until when another capture had it, µs. */
  #taken = new Map<string, number>();
  /** By the venue's name of a market that was taken off: up to when nothing of it was missed, µs. */
  #left = new Map<string, number>();

  /** A normalizer of a connection that subscribes these markets. */
  constructor({ feed, symbols, ordersOf, symbolOf }: VenueOrders) {
    this.#ordersOf = ordersOf;
    this.feed = feed;
    this.symbols = new Symbols(symbols, symbolOf);
    this.ledger = new SubscriptionLedger(feed, ordersOf([...this.symbols.specs.values()]));
    this.gap = new DisconnectGap(feed);
  }

  protected abstract readonly books: BookSet<Book, BookState>;
  protected abstract readonly requests: Requests;
  /** Undefined = all frames are read as JSON. */
  abstract readonly scanner: FrameScanner | undefined;

  /** What a frame means: records, a notice, and what it tells of orders and books. */
  protected abstract frame(json: unknown, text: string, atUs: number, out: Normalized): void;
  /** Plain JSON from which `restore` makes an equal normalizer. */
  abstract state(): unknown;
  /** Takes over a state. */
  abstract restore(state: unknown): void;

  /** The connection broke, as `gap` tells: what the venue numbered on it means nothing any more. */
  protected abstract broken(gap: Gap): void;
  /** Markets of which a next run must know something besides their orders and books; "" = the feed. */
  protected abstract remembered(): Iterable<string>;
  /** What a next run must know of a market besides its gaps. */
  protected abstract memoryOf(external: string): Record<string, unknown>;
  /** An earlier run knew this of a market. */
  protected abstract remember(external: string, memory: Readonly<Record<string, unknown>>): void;

  /** Frames that subscribe everything. */
  subscribe(): string[] {
    return this.requests.firstFrames();
  }

  /** Translates a frame. */
  normalize(json: unknown, text: string, receivedAtUs: number): Normalized {
    const out: Normalized = { events: [], send: [] };
    this.frame(json, text, receivedAtUs, out);
    this.#noteData(out, receivedAtUs);
    return this.#reconcile(out, receivedAtUs);
  }

  /** What a frame of `scanner` means; false = it has to be read as JSON, and nothing was changed. */
  protected takeScanned?(offset: number, frame: Buffer, atUs: number, out: Normalized): boolean;

  /** Translates a frame from the scanner's tape. */
  scanned(offset: number, frame: Buffer, receivedAtUs: number): Normalized | undefined {
    const out: Normalized = { events: [], send: [] };
    if (this.takeScanned?.(offset, frame, receivedAtUs, out) !== true) return undefined;
    this.#noteData(out, receivedAtUs);
    return this.#reconcile(out, receivedAtUs);
  }

  #noteData({ events }: Normalized, atUs: number): void {
    const last = events.at(-1);
    if (last !== undefined && isMarketData(last)) this.dataUs = atUs;
  }

  /** Ordered against arriving, and what is due at this time. */
  #reconcile(out: Normalized, atUs: number): Normalized {
    if (this.symbols.former.size > 0) this.#leaveOutFormer(out);
    if (out.events.length > 0) {
      this.ledger.arriveWith(out.events, atUs);
      this.gap.endWith(out.events, atUs);
    }
    if (atUs >= this.ledger.dueUs) {
      out.send = this.requests.ask(this.ledger.tick(atUs, out.events));
    }
    return out;
  }

  /** Everything was asked for on a new connection. */
  connected(atUs: number): MarketEvent[] {
    this.ledger.connected(atUs);
    this.requests.connected();
    return [];
  }

  /** Drops all books. */
  disconnected(lastGoodUs: number, atUs: number, why: Break): MarketEvent[] {
    this.symbols.forgetFormer();
    this.books.disconnected(lastGoodUs);
    this.ledger.disconnected(lastGoodUs);
    const gap = this.gap.begin(lastGoodUs, atUs, why);
    this.broken(gap);
    return [gap];
  }

  /** When there is something to do at the earliest, µs. */
  dueUs(): number {
    return this.ledger.dueUs;
  }

  /** Time has come to `atUs`. */
  tick(atUs: number): Normalized {
    return this.#reconcile({ events: [], send: [] }, atUs);
  }

  /** A channel is silent: it is asked for, as its snapshot tells whether anything was missed. */
  doubt(channel: OrderedChannel, symbol: string, fromUs: number, atUs: number): Normalized {
    const order = this.ledger.find(channel, symbol);
    if (order !== undefined) this.ledger.doubt(order, fromUs, atUs);
    return this.tick(atUs);
  }

  /** Markets are ordered no more: their gaps end, and the venue is told. */
  takeOff(symbols: readonly string[], atUs: number, lastGoodUs = atUs): Normalized {
    const out: Normalized = { events: [], send: [] };
    const names = new Set(symbols);
    const specs = [...this.symbols.specs.values()].filter(({ symbol }) => names.has(symbol));
    const orders = this.ledger.all.filter(({ symbol, state }) =>
      names.has(symbol) && state !== "ended"
    );
    if (orders.length > 0) out.send.push(...this.requests.end(orders));
    for (const spec of specs) {
      this.ledger.takeOff(spec.symbol, atUs, out.events);
      this.books.takeOff(spec.external, atUs, out.events);
      this.symbols.takeOff(spec);
      this.#noteLeft(spec.external, lastGoodUs);
    }
    return out;
  }

  /** Markets are ordered besides: what is new is asked for at once, where there is a connection. */
  takeOn(specs: readonly SymbolSpec[], atUs: number, before: Partial<Handover> = {}): Normalized {
    const { fromUs, carried = {} } = before;
    this.symbols.isSelective = true;
    for (const spec of specs) {
      this.symbols.takeOn(spec);
      this.#left.delete(spec.external);
    }
    this.ledger.takeOn(this.#ordersOf([...this.symbols.specs.values()]), atUs);
    this.carry(carried);
    const events = fromUs === undefined ? [] : this.#takeOver(specs, { ...before, fromUs }, atUs);
    this.takenOn(atUs);
    return this.#reconcile({ events, send: [] }, atUs);
  }

  #takeOver(specs: readonly SymbolSpec[], handover: Handover, atUs: number): MarketEvent[] {
    const { fromUs, planned = false } = handover;
    const events: MarketEvent[] = [];
    for (const { symbol, external } of specs) {
      this.#taken.set(external, fromUs);
      const detail = `${external} comes from another shard: what came in between is missing.`;
      const reason = planned ? "planned" : "disconnect";
      this.ledger.takeOver(symbol, { reason, fromUs, atUs, detail }, events);
    }
    return events;
  }

  #noteLeft(external: string, lastGoodUs: number): void {
    this.#left.delete(external);
    this.#left.set(external, lastGoodUs);
    const [oldest] = this.#left.keys();
    if (oldest !== undefined && this.#left.size > LEFT_MAX) this.#left.delete(oldest);
  }

  /** Nobody wanted a market since what is remembered of it: what it had meanwhile is not missing. */
  protected unwanted(_external: string): void {}

  /** Markets were ordered besides: what else is to be asked for. */
  protected takenOn(_atUs: number): void {}

  /** What was on its way when a market was taken off is nobody's. */
  #leaveOutFormer(out: Normalized): void {
    const { former } = this.symbols;
    const isUsual = out.notice === undefined && out.events.length > 0 &&
      out.events.every(({ symbol }) => this.ledger.find("trade", symbol) !== undefined);
    if (isUsual) return;
    const names = new Set([...former.values()].map(({ symbol }) => symbol));
    out.events = out.events.filter(({ symbol }) => !names.has(symbol));
    for (const external of former.keys()) this.books.takeOff(external, 0, []);
    if (out.notice?.type === "unreadable" && names.has(out.notice.symbol ?? "")) {
      out.notice = { type: "dropped", what: `${out.notice.symbol} was taken off` };
    }
  }

  /** What was ordered and does not come now. */
  missing(): MissingSubscription[] {
    return this.ledger.missing();
  }

  /** Snapshots of all sound books. */
  snapshots(): MarketEvent[] {
    return this.books.snapshots();
  }

  /** The venue's own snapshots of all sound books. */
  snapshotFrames(): string[] {
    return this.books.snapshotFrames();
  }

  /** By market: what the venue remembers, the gap of its book that is open, and what never came. */
  carried(): CarriedState {
    const { specs } = this.symbols;
    const missing = this.ledger.carried();
    const externals = new Set([
      ...[...specs.keys(), ...this.books.externals(), ...this.remembered(), ...this.#left.keys()],
      ...(missing.has("") ? [""] : []),
    ]);
    return Object.fromEntries([...externals].map((external) => {
      const gap = this.books.carried(external);
      const away = missing.get(external);
      const [taken, left] = [this.#taken.get(external), this.#left.get(external)];
      return [external, {
        ...this.memoryOf(external),
        ...(taken !== undefined && { taken }),
        ...(left !== undefined && { left }),
        ...(gap && { gap }),
        ...(away && { missing: away }),
      }];
    }));
  }

  /** Takes over what an earlier run carried of its markets. */
  carry(state: CarriedState): void {
    for (const [external, given] of Object.entries(state)) {
      const { gap, missing, taken, left, ...memory } = given;
      this.ledger.carry(missing);
      if (external !== "" && !this.symbols.wants(external)) continue;
      this.remember(external, memory);
      if (external === "") continue;
      if (typeof left === "number") this.unwanted(external);
      if (typeof taken === "number") this.#taken.set(external, taken);
      this.books.carry(external, gap);
      this.ledger.carry([gap]);
    }
  }

  /** Plain JSON of what all normalizers remember. */
  protected venueState(): VenueState<BookState> {
    const { ledger, gap, books, dataUs } = this;
    const former = [...this.symbols.former.values()];
    return {
      ...{ ledger: ledger.state(), gap: gap.state(), books: books.state(), dataUs },
      ...(former.length > 0 && { former }),
      ...(this.symbols.isSelective && { isSelective: true as const }),
      ...(this.#taken.size > 0 && { taken: [...this.#taken] }),
      ...(this.#left.size > 0 && { left: [...this.#left] }),
    };
  }

  /** Takes over what {@linkcode venueState} gave. */
  protected restoreVenue(
    { ledger, gap, books, dataUs = 0, former = [], isSelective, taken, left }: VenueState<
      BookState
    >,
  ): void {
    this.#taken = new Map(taken);
    this.#left = new Map(left);
    for (const spec of former) this.symbols.takeOff(spec);
    this.symbols.isSelective = isSelective === true;
    this.dataUs = dataUs;
    this.ledger.restore(ledger);
    this.gap.restore(gap);
    this.books.restore(books);
  }
}
