import {
  ALL_SYMBOLS,
  type Break,
  DisconnectGap,
  type Gap,
  type GapChannel,
  type Instrument,
  lostGap,
  type MarketEvent,
  stepsOf,
  type Ticker,
} from "@ssmd/market";
import type {
  CarriedState,
  Normalized,
  Normalizer,
  NormalizerOptions,
  SymbolSpec,
} from "../adapter.ts";
import { countOf, figureOf, wordOf } from "../json_fields.ts";
import { markUnreadable } from "../unreadable.ts";
import {
  type LedgerState,
  type MissingSubscription,
  type OrderedChannel,
  type Subscription as Order,
  SubscriptionLedger,
} from "../subscription_ledger.ts";
import type { KalshiBookState } from "./book.ts";
import { Books } from "./books.ts";
import { type KalshiFormat, PRICE_DECIMALS, SIZE_DECIMALS } from "./format.ts";
import { Lifecycle, type UnseenLives } from "./lifecycle.ts";
import { bodyOf, type KalshiBody, type KalshiFrame } from "./messages.ts";
import { MirrorAlarm, type MirrorState } from "./mirror.ts";
import { tickerOf, tradeOf } from "./records.ts";
import {
  channelOf,
  COMBO_LIFECYCLE_CHANNEL,
  Commands,
  type CommandsState,
  LIFECYCLE_CHANNEL,
  ordersOf,
} from "./subscribe.ts";
import { BOOK_CHANNEL, type Step, type Subscription, Subscriptions } from "./subscriptions.ts";

/** The channel has failed: subscribe again on a new connection. */
const CODE_CHANNEL_ERROR = 10;
/** We read too slowly; the venue has dropped messages and ended the subscription. */
const CODE_BUFFER_OVERFLOW = 25;
/** Too many markets in one subscription. */
const CODE_TOO_MANY_MARKETS = 26;

/** Record types of what comes with a market's name. */
const MARKET_TYPES: ReadonlyMap<string, GapChannel> = new Map([
  ["ticker", "ticker"],
  ["trade", "trade"],
  [LIFECYCLE_CHANNEL, "status"],
  [COMBO_LIFECYCLE_CHANNEL, "status"],
]);
/** What comes on subscribed channels and brings nothing that we keep. */
const IGNORED_TYPES: readonly string[] = ["event_lifecycle", "event_fee_update"];

/** Everything that a connection remembers, as plain JSON. */
interface KalshiState {
  commands: CommandsState;
  ledger: LedgerState;
  gap: Gap | null;
  subscriptions: [number, Subscription][];
  books: KalshiBookState[];
  results: [string, string][];
  unseenLives: UnseenLives | null;
  mirror: MirrorState;
}

/** The translation of Kalshi's WebSocket; what differs between its wire formats is in the format. */
export class KalshiNormalizer implements Normalizer {
  #feed: string;
  #format: KalshiFormat;
  #specs = new Map<string, SymbolSpec>();
  #subscriptions = new Subscriptions();
  #books: Books;
  #lifecycle: Lifecycle;
  #mirror: MirrorAlarm;
  #ledger: SubscriptionLedger;
  #commands: Commands;
  #gap: DisconnectGap;

  /** A normalizer of a connection that subscribes these markets. */
  constructor(options: NormalizerOptions, format: KalshiFormat) {
    this.#feed = options.feed;
    this.#gap = new DisconnectGap(options.feed);
    this.#format = format;
    for (const spec of options.symbols) this.#specs.set(spec.external, spec);
    this.#ledger = new SubscriptionLedger(options.feed, ordersOf(this.#specs.values()));
    this.#commands = new Commands(this.#ledger);
    this.#books = new Books({
      feed: options.feed,
      format,
      ours: (ticker) => this.#ours(ticker),
      ledger: this.#ledger,
    });
    this.#lifecycle = new Lifecycle(options.feed);
    this.#mirror = new MirrorAlarm(options.feed);
  }

  #ours(ticker: string): string {
    return this.#specs.get(ticker)?.symbol ?? ticker;
  }

  /** Frames that subscribe everything. */
  subscribe(): string[] {
    return this.#commands.firstFrames();
  }

  /** Translates a frame. */
  normalize(json: unknown, _text: string, receivedAtUs: number): Normalized {
    const out: Normalized = { events: [], send: [] };
    const frame = bodyOf(json) as KalshiFrame | undefined;
    if (frame === undefined || typeof frame.type !== "string") {
      out.notice = { type: "unreadable", reason: "The frame is no object with a type." };
    } else this.#frame(frame, frame.type, receivedAtUs, out);
    return this.#reconcile(out, receivedAtUs);
  }

  /** Ordered against arriving, and what is due at this time. */
  #reconcile(out: Normalized, atUs: number): Normalized {
    if (out.events.length > 0) {
      this.#ledger.arriveWith(out.events, atUs);
      this.#gap.endWith(out.events, atUs);
    }
    if (atUs >= this.#ledger.dueUs) {
      const due = this.#ledger.tick(atUs, out.events);
      out.send.push(...this.#commands.ask(due, (ticker) => this.#books.sidOf(ticker)));
    }
    return out;
  }

  /** Everything was asked for on a new connection. */
  connected(atUs: number): MarketEvent[] {
    this.#ledger.connected(atUs);
    this.#commands.connected();
    return [];
  }

  /** When there is something to do at the earliest, µs. */
  dueUs(): number {
    return this.#ledger.dueUs;
  }

  /** Time has come to `atUs`. */
  tick(atUs: number): Normalized {
    return this.#reconcile({ events: [], send: [] }, atUs);
  }

  /** A book is silent: its snapshot tells. Of trades and tickers the venue has none to ask for. */
  doubt(channel: OrderedChannel, symbol: string, fromUs: number, atUs: number): Normalized {
    const order = channel === "orderbook" ? this.#ledger.find(channel, symbol) : undefined;
    if (order !== undefined) this.#ledger.doubt(order, fromUs, atUs);
    return this.tick(atUs);
  }

  /** What was ordered and does not come now. */
  missing(): MissingSubscription[] {
    return this.#ledger.missing();
  }

  #frame(frame: KalshiFrame, type: string, atUs: number, out: Normalized): void {
    const sid = countOf(frame.sid);
    const seq = countOf(frame.seq);
    // Ticker messages and acknowledgements carry no number; whatever carries one counts.
    if (frame.seq !== undefined && frame.seq !== null) {
      if (sid === undefined || seq === undefined) {
        markUnreadable(out, { reason: "The frame's sid or seq is no whole number." });
        return;
      }
      const step = this.#subscriptions.step(sid, seq, channelOfType(type), atUs);
      // A snapshot is taken once more: after it there is nothing yet that it could undo.
      if (step.type === "repeated" && type !== "orderbook_snapshot") {
        out.notice = { type: "dropped", what: `sid ${sid} seq ${seq} was seen before` };
        return;
      }
      if (step.type === "hole" || step.type === "back") {
        this.#hole(sid, seq, step, atUs, out);
      }
    }
    const body = bodyOf(frame.msg);
    if (type === "orderbook_delta" || type === "orderbook_snapshot") {
      this.#bookFrame(frame, type === "orderbook_snapshot", body, atUs, out);
    } else if (MARKET_TYPES.has(type)) this.#marketFrame(type, body, atUs, out);
    else this.#controlFrame(frame, type, body, atUs, out);
  }

  #hole(
    sid: number,
    seq: number,
    step: Step & { type: "hole" | "back" },
    atUs: number,
    out: Normalized,
  ): void {
    const channel = this.#subscriptions.channelOf(sid);
    const { from, fromUs } = step;
    const missed = step.type === "hole" ? step.missed : null;
    const what = missed === null
      ? `The numbers of ${channel} began anew, as a new connection's do`
      : `Messages of ${channel} are missing`;
    const detail = `${what}: sid ${sid} seq ${from}→${seq}.`;
    if (channel === BOOK_CHANNEL) {
      this.#books.loseAll(sid, { reason: "sequence", missed, fromUs, detail }, atUs, out);
      return;
    }
    const about = {
      ...{ feed: this.#feed, symbol: ALL_SYMBOLS, channel: MARKET_TYPES.get(channel) ?? "all" },
      reason: "sequence",
    } as const;
    out.events.push(lostGap({ ...about, fromUs, atUs, missed, detail }));
  }

  #bookFrame(
    frame: KalshiFrame,
    isSnapshot: boolean,
    body: KalshiBody | undefined,
    atUs: number,
    out: Normalized,
  ): void {
    const sid = countOf(frame.sid);
    const seq = countOf(frame.seq);
    const ticker = body?.market_ticker;
    if (sid === undefined || seq === undefined) {
      const reason = "A book frame lacks its sid or seq.";
      markUnreadable(out, { reason, channel: "orderbook", ...this.#about(ticker) });
    } else if (body === undefined || typeof ticker !== "string") {
      const reason = `A book frame lacks its market: sid ${sid} seq ${seq}.`;
      markUnreadable(out, { reason, channel: "orderbook", isCovered: true });
      // Whose book it was cannot be told: none of the subscription is known to be right.
      const loss = { reason: "parse", missed: 1, fromUs: atUs, detail: reason } as const;
      this.#books.loseAll(sid, loss, atUs, out);
    } else if (isSnapshot) this.#books.snapshot(ticker, sid, body, atUs, out);
    else this.#books.delta(ticker, sid, body, atUs, out);
  }

  /** Our name of what stands where a ticker should. */
  #about(ticker: unknown): { symbol?: string } {
    return typeof ticker === "string" ? { symbol: this.#ours(ticker) } : {};
  }

  #marketFrame(type: string, body: KalshiBody | undefined, atUs: number, out: Normalized): void {
    const ticker = body?.market_ticker;
    const channel = MARKET_TYPES.get(type) ?? "all";
    if (body === undefined || typeof ticker !== "string") {
      return markUnreadable(out, { reason: `A ${type} frame lacks its market.`, channel });
    }
    if (channel === "status") return this.#life(ticker, body, atUs, out);
    const read = type === "trade" ? tradeOf : tickerOf;
    const event = read(body, this.#format, this.#feed, this.#ours(ticker), atUs);
    if (event === undefined) {
      const reason = `A ${type} lacks a field or has a wrong type.`;
      return markUnreadable(out, { reason, channel, ...this.#about(ticker) });
    }
    out.events.push(event);
    if (event.type === "ticker") this.#compare(ticker, event, atUs, out);
  }

  /** The venue's own best prices against the book that we made. */
  #compare(ticker: string, { bidPrice, askPrice }: Ticker, atUs: number, out: Normalized): void {
    const book = this.#books.bookOf(ticker);
    if (bidPrice === null || askPrice === null || book === undefined) return;
    const [bid, ask] = [stepsOf(bidPrice, PRICE_DECIMALS), stepsOf(askPrice, PRICE_DECIMALS)];
    const gap = this.#mirror.compare(bid, ask, book, atUs);
    if (gap === undefined) return;
    out.events.push(gap);
    if (!gap.recovered) out.notice = { type: "suspect", reason: gap.detail };
  }

  /** The channel tells of all markets of the venue; of others than the subscribed it is ignored. */
  #life(ticker: string, body: KalshiBody, atUs: number, out: Normalized): void {
    if (this.#specs.size > 0 && !this.#specs.has(ticker)) {
      out.notice = { type: "ignored", what: "lifecycle of another market" };
      return;
    }
    const step = this.#lifecycle.step(ticker, this.#ours(ticker), body, atUs);
    const what = `lifecycle ${wordOf(body.event_type)}`;
    if (step === "ignored" || step === "unknown") out.notice = { type: step, what };
    else if (step === "unreadable") {
      const reason = "A lifecycle frame cannot be read.";
      markUnreadable(out, { reason, channel: "status", ...this.#about(ticker) });
    } else {
      out.events.push(step);
      if (step.state === "settled") this.#ledger.end(step.symbol, atUs, out.events);
    }
  }

  #controlFrame(
    frame: KalshiFrame,
    type: string,
    body: KalshiBody | undefined,
    atUs: number,
    out: Normalized,
  ): void {
    const sid = countOf(frame.sid);
    if (type === "subscribed") this.#subscribed(frame, body, atUs, out);
    else if (type === "error") this.#error(frame, body, atUs, out);
    else if (type === "unsubscribed" && sid !== undefined) {
      const channel = this.#subscriptions.channelOf(sid);
      out.notice = { type: "unsubscribed", channel };
      this.#subscriptions.end(sid);
      this.#books.end(sid, atUs);
      // We end none: somebody did in the recording that this is of.
      for (const each of this.#ordersOf(channel)) this.#ledger.release(each);
    } else if (type === "ok" || IGNORED_TYPES.includes(type)) {
      out.notice = { type: "ignored", what: type };
    } else out.notice = { type: "unknown", what: `type ${type}` };
  }

  #ordersOf(channel: string): Order[] {
    const ours = channelOf(channel);
    return this.#ledger.all.filter((each) => each.channel === ours);
  }

  #subscribed(
    frame: KalshiFrame,
    body: KalshiBody | undefined,
    atUs: number,
    out: Normalized,
  ): void {
    const channel = body?.channel;
    const sid = countOf(body?.sid);
    if (typeof channel !== "string" || sid === undefined) {
      return markUnreadable(out, { reason: "An acknowledgement lacks its channel or sid." });
    }
    this.#subscriptions.begin(sid, channel, atUs);
    const orders = this.#ordersOf(channel);
    const asked = orders.filter(({ request }) => request > 0 && request === frame.id);
    // A recording of others answers commands that we do not know.
    const confirmed = asked.length > 0 ? asked : orders;
    if (channel === BOOK_CHANNEL) {
      this.#books.begin(sid, confirmed.map(({ external }) => external), atUs);
    }
    for (const each of confirmed) {
      this.#ledger.restart(each, atUs);
      this.#ledger.confirm(each, atUs, out.events);
    }
    if (channel === LIFECYCLE_CHANNEL) out.events.push(...this.#lifecycle.confirmed(atUs));
    const symbols = MARKET_TYPES.get(channel) === "status"
      ? []
      : confirmed.map(({ symbol }) => symbol);
    out.notice = { type: "subscribed", channel, symbols };
  }

  #error(
    frame: KalshiFrame,
    body: KalshiBody | undefined,
    atUs: number,
    out: Normalized,
  ): void {
    const code = figureOf(body?.code);
    const terminal = code === CODE_CHANNEL_ERROR || code === CODE_BUFFER_OVERFLOW;
    const message = `code ${String(code)}: ${wordOf(body?.msg ?? "")}`;
    out.notice = { type: "refused", message, terminal };
    const refused = this.#ledger.answered(frame.id, undefined);
    if (code === CODE_TOO_MANY_MARKETS && this.#commands.tooManyMarkets(refused)) {
      this.#ledger.askAgain(refused, atUs);
    } else this.#ledger.refuse(refused, message, atUs, out.events);
    if (code !== CODE_BUFFER_OVERFLOW) return;
    const detail = `The venue ended the subscription as we read too slowly (${message}).`;
    const loss = { reason: "slow", missed: null, fromUs: atUs, detail } as const;
    this.#books.loseAll(countOf(frame.sid) ?? -1, loss, atUs, out);
  }

  /** Drops all books and subscriptions, as sids mean nothing on the next connection. */
  disconnected(lastGoodUs: number, atUs: number, why: Break): MarketEvent[] {
    this.#subscriptions.clear();
    this.#books.disconnected(lastGoodUs);
    this.#ledger.disconnected(lastGoodUs);
    const gap = this.#gap.begin(lastGoodUs, atUs, why);
    this.#lifecycle.disconnected(gap);
    return [gap];
  }

  /** Snapshots of all sound books. */
  snapshots(): MarketEvent[] {
    return this.#books.snapshots();
  }

  /** The venue's own snapshots of all sound books; they take the last numbers of their subscription. */
  snapshotFrames(): string[] {
    return this.#books.snapshotFrames((sid) => this.#subscriptions.seqOf(sid));
  }

  /** Markets known so far: the subscribed and those with a book. */
  instruments(): Instrument[] {
    const tickers = new Set([...this.#specs.keys(), ...this.#books.tickers()]);
    return [...tickers].map((ticker) => ({
      symbol: this.#ours(ticker),
      external: ticker,
      feed: this.#feed,
      priceDecimals: PRICE_DECIMALS,
      sizeDecimals: SIZE_DECIMALS,
    }));
  }

  /** By market: how it was determined until it is settled, the gap of its book, and what never came. */
  carried(): CarriedState {
    const tickers = new Set([
      ...this.#specs.keys(),
      ...this.#books.tickers(),
      ...this.#lifecycle.tickers(),
    ]);
    const missing = this.#ledger.carried();
    const { unseen } = this.#lifecycle;
    if (missing.has("") || unseen !== null) tickers.add("");
    return Object.fromEntries([...tickers].map((ticker) => {
      const result = this.#lifecycle.carried(ticker);
      const gap = this.#books.carried(ticker);
      const away = missing.get(ticker);
      return [ticker, {
        ...(result !== undefined && { result }),
        ...(gap && { gap }),
        ...(away && { missing: away }),
        ...(ticker === "" && unseen !== null && { unseen }),
      }];
    }));
  }

  /** Takes over what an earlier run carried of its markets. */
  carry(state: CarriedState): void {
    for (const [ticker, { result, gap, missing, unseen }] of Object.entries(state)) {
      this.#ledger.carry(missing);
      if (ticker === "") {
        this.#lifecycle.carryUnseen(unseen);
        continue;
      }
      if (this.#specs.size > 0 && !this.#specs.has(ticker)) continue;
      this.#lifecycle.carry(ticker, result);
      this.#books.carry(ticker, gap);
      this.#ledger.carry([gap]);
    }
  }

  /** Plain JSON of everything. */
  state(): unknown {
    const state: KalshiState = {
      commands: this.#commands.state(),
      ledger: this.#ledger.state(),
      gap: this.#gap.state(),
      subscriptions: this.#subscriptions.state(),
      books: this.#books.state(),
      results: this.#lifecycle.state(),
      unseenLives: this.#lifecycle.unseen,
      mirror: this.#mirror.state(),
    };
    return structuredClone(state);
  }

  /** Takes over what `state` gave. */
  restore(state: unknown): void {
    const given = structuredClone(state) as KalshiState;
    this.#ledger.restore(given.ledger);
    // A state of before the ledger counts commands otherwise.
    if (given.ledger !== undefined) this.#commands.restore(given.commands);
    this.#gap.restore(given.gap);
    this.#subscriptions.restore(given.subscriptions);
    this.#books.restore(given.books);
    this.#lifecycle.restore(given.results);
    this.#lifecycle.carryUnseen(given.unseenLives);
    // States of older versions do not have these.
    if (given.mirror !== undefined) this.#mirror.restore(given.mirror);
  }
}

/** Snapshots and deltas come on the channel of order books, the rest is named alike. */
function channelOfType(type: string): string {
  return type === "orderbook_snapshot" ? BOOK_CHANNEL : type;
}
