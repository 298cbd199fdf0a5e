import type { Buffer } from "node:buffer";
import { type Break, DisconnectGap, type Gap, isMarketData, type MarketEvent } from "@ssmd/market";
import type {
  CarriedState,
  Handover,
  Normalized,
  Normalizer,
  NormalizerOptions,
  SymbolSpec,
  UnreadableNotice,
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

/** Requests to a venue on one connection. Request ids count from 1 on every connection. */
export interface Requests {
  /** Frames that subscribe to everything, for a newly opened connection. */
  firstFrames(): string[];
  /** Handles an open connection to which `firstFrames` were sent. */
  connected(): void;
  /** Frames that repeat the due requests. */
  ask(due: readonly Subscription[]): string[];
  /** Frames that unsubscribe. */
  end(orders: readonly Subscription[]): string[];
}

/** State of markets to carry to the next run besides orders and books; "" = the feed. */
export interface MarketMemory {
  /** Markets with such state. */
  externals(): Iterable<string>;
  /** State of a market, as plain JSON. */
  carried(external: string): Record<string, unknown>;
  /** Takes over a market's state from an earlier run. */
  carry(external: string, memory: Readonly<Record<string, unknown>>): void;
}

/** Orders of a venue, and our symbols of markets that were not ordered. */
interface VenueOrders extends NormalizerOptions {
  ordersOf(specs: readonly SymbolSpec[]): SubscriptionOrder[];
  symbolOf(external: string): string;
}

/** State of every normalizer, as plain JSON; a venue adds its own. */
export interface VenueState<BookState> {
  ledger: LedgerState;
  gap: Gap | null;
  books: BookState[];
  /** Time of the last market data, µs; absent in older states. */
  dataUs?: number;
  /** End of the last break's gap, µs; absent = none. */
  resumedUs?: number;
  /** Markets that were unsubscribed; absent in older states. */
  former?: SymbolSpec[];
  /** Whether markets are subscribed and unsubscribed at runtime. */
  isSelective?: true;
  /** Per market handed over: end of the earlier capture; per market given away: last good time. µs. */
  taken?: [external: string, fromUs: number][];
  left?: [external: string, lastGoodUs: number][];
}

/** Markets given away that are remembered; the oldest are forgotten. */
const LEFT_MAX = 10_000;

/**
 * Lifecycle of a connection, the same for all venues: orders against arrivals, disconnects and
 * their gaps, books, and carried state. A venue implements the meaning of its frames.
 */
export abstract class VenueNormalizer<Book extends TrackedBook, BookState> implements Normalizer {
  protected readonly feed: string;
  protected readonly symbols: Symbols;
  protected readonly ledger: SubscriptionLedger;
  protected readonly gap: DisconnectGap;
  #ordersOf: VenueOrders["ordersOf"];
  /** Receive time of the last market data, µs; 0 = none yet. */
  protected dataUs = 0;
  /** By the venue's symbol of a market handed over: end of the other capture's data, µs. */
  #taken = new Map<string, number>();
  /** By the venue's symbol of an unsubscribed market: last time of complete data, µs. */
  #left = new Map<string, number>();

  /** Creates the normalizer of a connection with these markets. */
  constructor({ feed, symbols, ordersOf, symbolOf }: VenueOrders) {
    this.#ordersOf = ordersOf;
    this.feed = feed;
    this.symbols = new Symbols(symbols, symbolOf);
    this.ledger = new SubscriptionLedger(feed, ordersOf([...this.symbols.specs.values()]));
    this.gap = new DisconnectGap(feed);
  }

  protected abstract readonly books: BookSet<Book, BookState>;
  protected abstract readonly requests: Requests;
  protected abstract readonly memory: MarketMemory;
  /** Undefined = all frames are parsed as JSON. */
  abstract readonly scanner: FrameScanner | undefined;

  /** Translates a frame into `out`, and updates orders and books. */
  protected abstract frame(json: unknown, text: string, atUs: number, out: Normalized): void;
  /** Plain JSON from which `restore` makes an equal normalizer. */
  abstract state(): unknown;
  /** Restores a state. */
  abstract restore(state: unknown): void;

  /** Handles a disconnect, reported by `gap`: the venue's sequence numbers are void. */
  protected abstract broken(gap: Gap): void;

  /** Frames that subscribe to everything. */
  subscribe(): string[] {
    return this.requests.firstFrames();
  }

  normalize(json: unknown, text: string, receivedAtUs: number): Normalized {
    const out: Normalized = { events: [], send: [] };
    this.frame(json, text, receivedAtUs, out);
    return this.#reconcile(out, receivedAtUs);
  }

  /** Translates a frame on the tape; false, with no state changed, = it must be parsed as JSON. */
  protected takeScanned(_offset: number, _bytes: Buffer, _atUs: number, _out: Normalized): boolean {
    return false;
  }

  /** Translates a frame from the scanner's tape. */
  scanned(offset: number, bytes: Buffer, receivedAtUs: number): Normalized | undefined {
    const out: Normalized = { events: [], send: [] };
    return this.takeScanned(offset, bytes, receivedAtUs, out)
      ? this.#reconcile(out, receivedAtUs)
      : undefined;
  }

  /** Reconciles orders with arrivals, and sends due requests. */
  #reconcile(out: Normalized, atUs: number): Normalized {
    // Like `at(-1)`, without its call.
    const last = out.events[out.events.length - 1];
    if (last !== undefined && isMarketData(last)) this.dataUs = atUs;
    if (this.symbols.former.size > 0) this.#leaveOutFormer(out);
    if (last !== undefined) {
      this.ledger.arriveWith(out.events, atUs);
      if (this.gap.endWith(out.events, atUs)) this.ledger.resumedUs = atUs;
    }
    if (out.notice?.type === "unreadable") this.#loseBlind(out.notice, atUs, out);
    if (atUs >= this.ledger.dueUs) {
      out.send = this.requests.ask(this.ledger.tick(atUs, out.events));
    }
    return out;
  }

  /** An unreadable part that names no market may have been a change of any book. */
  #loseBlind(
    { reason, symbol, channel, isCovered }: UnreadableNotice,
    atUs: number,
    out: Normalized,
  ) {
    if (channel !== "orderbook" || symbol !== undefined || isCovered) return;
    this.books.loseBlind(reason, atUs, out);
  }

  /** Handles a frame that cannot be read at all and may have been market data. */
  lost(reason: string, atUs: number): Normalized {
    const out: Normalized = { events: [], send: [] };
    this.books.loseBlind(reason, atUs, out);
    return this.#reconcile(out, atUs);
  }

  /** Handles a new connection on which everything was requested. */
  connected(atUs: number): MarketEvent[] {
    this.ledger.connected(atUs);
    this.requests.connected();
    return [];
  }

  /** Invalidates all books. */
  disconnected(lastGoodUs: number, atUs: number, why: Break): MarketEvent[] {
    this.symbols.forgetFormer();
    this.books.disconnected(lastGoodUs);
    this.ledger.disconnected(lastGoodUs);
    const gap = this.gap.begin(lastGoodUs, atUs, why);
    this.broken(gap);
    return [gap];
  }

  /** Earliest time with work to do, µs. */
  dueUs(): number {
    return this.ledger.dueUs;
  }

  /** Advances time to `atUs`. */
  tick(atUs: number): Normalized {
    const out: Normalized = { events: [], send: [] };
    this.overdue(atUs, out);
    return this.#reconcile(out, atUs);
  }

  /** Hook for what a venue's books await: finds what has not come by `atUs`. */
  protected overdue(_atUs: number, _out: Normalized): void {}

  /** Requests a silent channel again, as its snapshot shows whether anything was missed. */
  doubt(channel: OrderedChannel, symbol: string, fromUs: number, atUs: number): Normalized {
    const order = this.ledger.find(channel, symbol);
    if (order !== undefined) this.ledger.doubt(order, fromUs, atUs);
    return this.tick(atUs);
  }

  /** Unsubscribes markets and ends their gaps. */
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

  /** Subscribes additional markets, at once if the connection is open. */
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

  /** Hook: a market was given away since its carried state, so data in between is not missing. */
  protected unwanted(_external: string): void {}

  /** Hook for further requests after markets were subscribed. */
  protected takenOn(_atUs: number): void {}

  /** Drops data in flight of unsubscribed markets. */
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

  /** Subscriptions that bring no data now. */
  missing(): MissingSubscription[] {
    return this.ledger.missing();
  }

  /** Snapshots of all valid books. */
  snapshots(): MarketEvent[] {
    return this.books.snapshots();
  }

  /** Snapshot frames in the venue's format of all valid books. */
  snapshotFrames(): string[] {
    return this.books.snapshotFrames();
  }

  /** Carried state by market: the venue's own, the open gap of its book, and gaps of its orders. */
  carried(): CarriedState {
    const { specs } = this.symbols;
    const missing = this.ledger.carried();
    const externals = new Set([
      ...[
        ...specs.keys(),
        ...this.books.externals(),
        ...this.memory.externals(),
        ...this.#left.keys(),
      ],
      ...(missing.has("") ? [""] : []),
    ]);
    return Object.fromEntries([...externals].map((external) => {
      const gap = this.books.carried(external);
      const away = missing.get(external);
      const [taken, left] = [this.#taken.get(external), this.#left.get(external)];
      return [external, {
        ...this.memory.carried(external),
        ...(taken !== undefined && { taken }),
        ...(left !== undefined && { left }),
        ...(gap && { gap }),
        ...(away && { missing: away }),
      }];
    }));
  }

  /** Takes over the carried state of its markets from an earlier run. */
  carry(state: CarriedState): void {
    for (const [external, given] of Object.entries(state)) {
      const { gap, missing, taken, left, ...memory } = given;
      this.ledger.carry(missing);
      if (external !== "" && !this.symbols.wants(external)) continue;
      this.memory.carry(external, memory);
      if (external === "") continue;
      if (typeof left === "number") this.unwanted(external);
      if (typeof taken === "number") this.#taken.set(external, taken);
      this.books.carry(external, gap);
      this.ledger.carry([gap]);
    }
  }

  /** Plain JSON of the state that all normalizers have. */
  protected venueState(): VenueState<BookState> {
    const { ledger, gap, books, dataUs } = this;
    const former = [...this.symbols.former.values()];
    return {
      ...{ ledger: ledger.state(), gap: gap.state(), books: books.state(), dataUs },
      ...(ledger.resumedUs > 0 && { resumedUs: ledger.resumedUs }),
      ...(former.length > 0 && { former }),
      ...(this.symbols.isSelective && { isSelective: true as const }),
      ...(this.#taken.size > 0 && { taken: [...this.#taken] }),
      ...(this.#left.size > 0 && { left: [...this.#left] }),
    };
  }

  /** Restores the state from {@linkcode venueState}. */
  protected restoreVenue(
    { ledger, gap, books, dataUs = 0, resumedUs = 0, former = [], isSelective, taken, left }:
      VenueState<
        BookState
      >,
  ): void {
    this.#taken = new Map(taken);
    this.#left = new Map(left);
    this.symbols.forgetFormer();
    for (const spec of former) this.symbols.takeOff(spec);
    this.symbols.isSelective = isSelective === true;
    this.dataUs = dataUs;
    this.ledger.restore(ledger);
    this.ledger.resumedUs = resumedUs;
    this.gap.restore(gap);
    this.books.restore(books);
  }
}
