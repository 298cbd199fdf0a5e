import {
  type Break,
  DisconnectGap,
  type Gap,
  isOpenGap,
  type MarketEvent,
  openGap,
  recoveredGap,
} from "@ssmd/market";
import type {
  CarriedState,
  Handover,
  Normalized,
  Normalizer,
  NormalizerOptions,
  OrderedChannel,
  SymbolSpec,
  Venue,
} from "@ssmd/exchanges";
import type { SubscriptionOrder } from "../../exchanges/subscription.ts";
import { type LedgerState, SubscriptionLedger } from "../../exchanges/subscription_ledger.ts";

/** Frame of the fake venue. */
export type FakeFrame =
  /** `count` trades of a symbol, from `id` on. */
  | FakeTrades
  /** Numbered change of a symbol's book; the book contains only the number. */
  | { book: string; n: number }
  /** Snapshot of a symbol's book. */
  | { snap: string; n: number }
  | { refused: string; terminal: boolean; symbol?: string; denied?: boolean };

interface FakeTrades {
  trade: string;
  id: number;
  count?: number;
  pad?: string;
}

interface FakeBook {
  n: number;
  valid: boolean;
  lostUs: number;
  gap: Gap | null;
}

interface FakeState {
  books: [string, FakeBook][];
  ledger: LedgerState;
  gap: Gap | null;
}

const FEED = "fake";

/** Venue with a minimal protocol that covers everything a connector must handle. */
class FakeNormalizer implements Normalizer {
  #symbols: string[];
  #books = new Map<string, FakeBook>();
  /** Last known trade by symbol. */
  #last = new Map<string, number>();
  /** Last known trade by symbol when it was subscribed. */
  #before = new Map<string, number>();
  #gap = new DisconnectGap(FEED);
  #ledger: SubscriptionLedger;

  constructor({ symbols }: NormalizerOptions) {
    this.#symbols = symbols.map(({ symbol }) => symbol);
    this.#ledger = new SubscriptionLedger(FEED, this.#symbols.map(orderOf));
  }

  subscribe(): string[] {
    return [`subscribe ${this.#symbols.join(" ")}`];
  }

  normalize(json: unknown, _text: string, atUs: number): Normalized {
    const out: Normalized = { events: [], send: [] };
    const frame = json as FakeFrame | { strange: unknown };
    if ("trade" in frame) this.#trades(frame, atUs, out);
    else if ("snap" in frame) this.#book(frame.snap, frame.n, true, atUs, out);
    else if ("book" in frame) this.#book(frame.book, frame.n, false, atUs, out);
    else if ("refused" in frame) {
      out.notice = { type: "refused", message: frame.refused, terminal: frame.terminal };
      if (frame.denied) out.notice.isDenied = true;
      const order = this.#ledger.find("orderbook", frame.symbol ?? "");
      if (order) this.#ledger.refuse([order], frame.refused, atUs, out.events);
    } else out.notice = { type: "unreadable", reason: "nothing of ours" };
    return this.#reconcile(out, atUs);
  }

  #reconcile(out: Normalized, atUs: number): Normalized {
    this.#ledger.arriveWith(out.events, atUs);
    this.#gap.endWith(out.events, atUs);
    const due = this.#ledger.tick(atUs, out.events);
    out.send.push(...due.map(({ symbol }) => `snapshot ${symbol}`));
    return out;
  }

  connected(atUs: number): MarketEvent[] {
    this.#ledger.connected(atUs);
    return [];
  }

  dueUs(): number {
    return this.#ledger.dueUs;
  }

  tick(atUs: number): Normalized {
    return this.#reconcile({ events: [], send: [] }, atUs);
  }

  doubt(channel: OrderedChannel, symbol: string, fromUs: number, atUs: number): Normalized {
    const order = this.#ledger.find(channel, symbol);
    if (order) this.#ledger.doubt(order, fromUs, atUs);
    return this.tick(atUs);
  }

  takeOff(symbols: readonly string[], atUs: number): Normalized {
    const out: Normalized = { events: [], send: [`unsubscribe ${symbols.join(" ")}`] };
    this.#symbols = this.#symbols.filter((symbol) => !symbols.includes(symbol));
    for (const symbol of symbols) this.#ledger.takeOff(symbol, atUs, out.events);
    return out;
  }

  takeOn(specs: readonly SymbolSpec[], atUs: number, before?: Partial<Handover>): Normalized {
    for (const [symbol, { last }] of Object.entries(before?.carried ?? {})) {
      this.#before.set(symbol, Number(last ?? -1));
    }
    this.#symbols = [...this.#symbols, ...specs.map(({ symbol }) => symbol)];
    this.#ledger.takeOn(this.#symbols.map(orderOf), atUs);
    return this.tick(atUs);
  }

  missing() {
    return this.#ledger.missing();
  }

  #trades({ trade, id, count = 1 }: FakeTrades, atUs: number, out: Normalized) {
    if (!this.#symbols.includes(trade)) return;
    // Trades that another connection had before are repeats.
    const seen = Math.max(0, (this.#before.get(trade) ?? id - 1) - id + 1);
    this.#last.set(trade, id + count - 1);
    for (let i = seen; i < count; i++) {
      out.events.push({
        ...{ type: "trade", timestampUs: 0, receivedAtUs: atUs, symbol: trade, feed: FEED },
        ...{ sequence: 0, price: 1, size: 1, side: "buy", tradeId: String(id + i) },
      } as MarketEvent);
    }
  }

  #book(symbol: string, n: number, isSnapshot: boolean, atUs: number, out: Normalized): void {
    const known = this.#books.get(symbol) ?? { n: 0, valid: false, lostUs: atUs, gap: null };
    const book = { ...known, n };
    this.#books.set(symbol, book);
    if (isSnapshot) {
      if (known.gap) out.events.push(recoveredGap(known.gap, atUs));
      book.valid = true;
      book.gap = null;
    } else if (!known.valid) {
      out.notice = { type: "dropped", what: symbol };
      return;
    } else if (n !== known.n + 1) {
      const detail = `${known.n}→${n}`;
      const missed = n - known.n - 1;
      const news = { feed: FEED, symbol, reason: "sequence", fromUs: atUs, atUs, missed, detail };
      book.gap = openGap(news as Parameters<typeof openGap>[0]);
      book.valid = false;
      book.lostUs = atUs;
      out.events.push({ ...book.gap });
      this.#ledger.invalidate("orderbook", symbol, atUs, atUs);
      return;
    }
    out.events.push(bookEvent(symbol, n, isSnapshot ? "snapshot" : "delta", atUs));
  }

  disconnected(lastGoodUs: number, atUs: number, why: Break): MarketEvent[] {
    for (const book of this.#books.values()) {
      book.valid = false;
      book.lostUs = lastGoodUs;
    }
    this.#ledger.disconnected(lastGoodUs);
    return [this.#gap.begin(lastGoodUs, atUs, why)];
  }

  snapshots(): MarketEvent[] {
    const valid = [...this.#books].filter(([, book]) => book.valid);
    return valid.map(([symbol, { n }]) => bookEvent(symbol, n, "snapshot", 0));
  }

  snapshotFrames(): string[] {
    const valid = [...this.#books].filter(([, book]) => book.valid);
    return valid.map(([symbol, { n }]) => JSON.stringify({ snap: symbol, n }));
  }

  state(): FakeState {
    return structuredClone({
      books: [...this.#books],
      ledger: this.#ledger.state(),
      gap: this.#gap.state(),
    });
  }

  carried(): CarriedState {
    const names = new Set([...this.#symbols, ...this.#last.keys()]);
    return Object.fromEntries([...names].map((symbol) => [symbol, {
      gap: this.#books.get(symbol)?.gap ?? null,
      ...(this.#last.has(symbol) && { last: this.#last.get(symbol) }),
      ...(!this.#symbols.includes(symbol) && { left: 1 }),
    }]));
  }

  carry(state: CarriedState): void {
    for (const [symbol, { gap }] of Object.entries(state)) {
      if (!isOpenGap(gap) || !this.#symbols.includes(symbol)) continue;
      this.#books.set(symbol, { n: 0, valid: false, lostUs: gap.fromUs, gap });
    }
  }

  restore(state: unknown): void {
    const { books, ledger, gap } = structuredClone(state) as FakeState;
    this.#ledger.restore(ledger);
    this.#books = new Map(books);
    this.#gap.restore(gap);
  }
}

function orderOf(symbol: string): SubscriptionOrder {
  return { channel: "orderbook", proof: "data", symbol, external: symbol };
}

function bookEvent(symbol: string, n: number, kind: string, atUs: number): MarketEvent {
  return {
    ...{ type: "orderbook", timestampUs: 0, receivedAtUs: atUs, symbol, feed: FEED, sequence: 0 },
    ...{ kind, bids: [{ price: 1, size: n }], asks: [], depth: 0, checksum: "unverified" },
  } as MarketEvent;
}

/** Returns the fake venue; the given fields override its own. */
export function fakeVenue(changes: Partial<Venue> = {}): Venue {
  return {
    id: FEED,
    endpoint: "ws://127.0.0.1:1/",
    credentials: [],
    handshake: (url) => Promise.resolve({ url, headers: {} }),
    connects: { burst: 1000, refillMs: 1 },
    externalProblem: () => undefined,
    bookChecksum: false,
    silenceMsMax: 60_000,
    symbolOf: (external) => external,
    normalizers: [{
      id: "fake-1",
      from: "2020-01-01",
      create: (options) => new FakeNormalizer(options),
    }],
    ...changes,
  };
}
