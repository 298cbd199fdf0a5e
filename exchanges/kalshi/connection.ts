import type { Buffer } from "node:buffer";
import {
  ALL_SYMBOLS,
  type Gap,
  type GapChannel,
  lostGap,
  stepsOf,
  type Ticker,
  type Trade,
} from "@ssmd/market";
import { addEvent, type Normalized, type NormalizerOptions } from "../adapter.ts";
import { countOf, wordOf } from "../json_fields.ts";
import type { OrderedChannel } from "../subscription.ts";
import { markUnreadable } from "../unreadable.ts";
import { VenueNormalizer, type VenueState } from "../venue_normalizer.ts";
import { Answers } from "./answers.ts";
import type { KalshiBook, KalshiBookState } from "./book.ts";
import { Books } from "./books.ts";
import { type KalshiFormat, PRICE_DECIMALS } from "./format.ts";
import type { UnseenSpan } from "../unseen_lives.ts";
import { Lifecycle } from "./lifecycle.ts";
import { marketOrders } from "../market_orders.ts";
import { bodyOf, type KalshiBody, type KalshiFrame } from "./messages.ts";
import { MirrorAlarm, type MirrorState } from "./mirror.ts";
import { type RecordHead, scannedTicker, scannedTrade, tickerOf, tradeOf } from "./records.ts";
import { RepeatedTrades } from "./repeated_trades.ts";
import { HEAD, KalshiScanner, SCANNED } from "./scanner.ts";
import {
  COMBO_LIFECYCLE_CHANNEL,
  Commands,
  type CommandsState,
  LIFECYCLE_CHANNEL,
} from "./subscribe.ts";
import { BOOK_CHANNEL, type Step, type Subscription, Subscriptions } from "./subscriptions.ts";

/** Record types by message type, for messages about one market. */
const MARKET_TYPES: ReadonlyMap<string, GapChannel> = new Map([
  ["ticker", "ticker"],
  ["trade", "trade"],
  [LIFECYCLE_CHANNEL, "status"],
  [COMBO_LIFECYCLE_CHANNEL, "status"],
]);
/** State of a connection, as plain JSON. */
interface KalshiState extends VenueState<KalshiBookState> {
  commands: CommandsState;
  subscriptions: [number, Subscription][];
  results: [string, string][];
  unseenLives: UnseenSpan | null;
  mirror: MirrorState;
  repeatedTrades: [string, number][];
}

/** Normalizer of Kalshi's WebSocket; differences between wire formats are in the format. */
export class KalshiNormalizer extends VenueNormalizer<KalshiBook, KalshiBookState> {
  protected readonly books: Books;
  protected readonly requests: Commands;
  protected readonly memory: Lifecycle;
  readonly scanner: KalshiScanner | undefined;
  #format: KalshiFormat;
  #subscriptions = new Subscriptions();
  #mirror: MirrorAlarm;
  #repeated = new RepeatedTrades();
  #answers: Answers;

  /** Creates the normalizer of a connection with these markets. */
  constructor(options: NormalizerOptions, format: KalshiFormat) {
    super({ ...options, ordersOf: marketOrders, symbolOf: (ticker) => ticker });
    const { feed, symbols, ledger } = this;
    this.#format = format;
    this.scanner = format.isScanned ? new KalshiScanner() : undefined;
    const books = this.books = new Books({ feed, symbols, ledger }, format, this.#subscriptions);
    this.requests = new Commands(
      ledger,
      (ticker) => books.sidOf(ticker),
      (channel) => this.#subscriptions.sidsOf(channel),
    );
    this.memory = new Lifecycle(feed);
    this.#mirror = new MirrorAlarm(feed);
    this.#answers = new Answers({
      ...{ feed, ledger, books, lifecycle: this.memory },
      ...{ commands: this.requests, subscriptions: this.#subscriptions },
      forget: (atUs, why) => this.disconnected(this.dataUs || atUs, atUs, { why }),
    });
  }

  protected frame(json: unknown, _text: string, atUs: number, out: Normalized): void {
    const frame = bodyOf(json) as KalshiFrame | undefined;
    if (frame === undefined || typeof frame.type !== "string") {
      out.notice = { type: "unreadable", reason: "The frame is no object with a type." };
    } else this.#frame(frame, frame.type, atUs, out);
  }

  /**
   * Requests the snapshot of a silent book. Trades and tickers have no snapshot, and a determined
   * market is silent for good.
   */
  override doubt(
    channel: OrderedChannel,
    symbol: string,
    fromUs: number,
    atUs: number,
  ): Normalized {
    if (channel !== "orderbook" || this.#isDetermined(symbol)) return this.tick(atUs);
    return super.doubt(channel, symbol, fromUs, atUs);
  }

  #isDetermined(symbol: string): boolean {
    return this.memory.tickers().some((ticker) => this.symbols.ours(ticker) === symbol);
  }

  #frame(frame: KalshiFrame, type: string, atUs: number, out: Normalized): void {
    const sid = countOf(frame.sid);
    const seq = countOf(frame.seq);
    // Tickers and acknowledgements have no sequence; every message that has one counts.
    if (frame.seq !== undefined && frame.seq !== null) {
      if (sid === undefined || seq === undefined) {
        markUnreadable(out, { reason: "The frame's sid or seq is no whole number." });
        return;
      }
      if (!this.#follows({ sid, seq }, type, atUs, out)) return;
    }
    const body = bodyOf(frame.msg);
    if (type === "orderbook_delta" || type === "orderbook_snapshot") {
      this.#bookFrame(frame, type === "orderbook_snapshot", body, atUs, out);
    } else if (MARKET_TYPES.has(type)) this.#marketFrame({ type, body, sid: sid ?? 0 }, atUs, out);
    else this.#answers.frame(frame, type, { atUs, out });
  }

  protected override takeScanned(
    offset: number,
    bytes: Buffer,
    atUs: number,
    out: Normalized,
  ): boolean {
    const { scanner } = this;
    if (scanner === undefined) return false;
    const { tape } = scanner;
    const kind = tape[offset];
    const sid = tape[offset + HEAD.sid] as number;
    const ticker = scanner.textOf(tape[offset + HEAD.ticker] as number);
    if (kind === SCANNED.ticker) {
      const event = scannedTicker(tape, offset, this.#headOf(ticker, atUs));
      out.events = [event];
      this.#compare(ticker, event, atUs, out);
      return true;
    }
    const seq = tape[offset + HEAD.seq] as number;
    const type = kind === SCANNED.delta ? BOOK_CHANNEL : "trade";
    const follows = this.#subscriptions.follows(sid, seq, atUs) ||
      this.#follows({ sid, seq }, type, atUs, out);
    if (!follows) return true;
    if (kind === SCANNED.delta) this.books.scanned({ tape, offset, ticker }, atUs, out);
    else this.#trade(scannedTrade(tape, offset, bytes, this.#headOf(ticker, atUs)), sid, out);
    return true;
  }

  #headOf(ticker: string, receivedAtUs: number): RecordHead {
    return { feed: this.feed, symbol: this.symbols.ours(ticker), receivedAtUs };
  }

  /** Whether a sequenced message is to be processed; reports a gap before it. */
  #follows(
    { sid, seq }: { sid: number; seq: number },
    type: string,
    atUs: number,
    out: Normalized,
  ): boolean {
    const step = this.#subscriptions.step(sid, seq, channelOfType(type), atUs);
    // A repeated snapshot is applied: no delta came after it that it could undo.
    if (step.type === "repeated" && type !== "orderbook_snapshot") {
      out.notice = { type: "dropped", what: `sid ${sid} seq ${seq} was seen before` };
      return false;
    }
    if (step.type === "hole" || step.type === "back") this.#sequenceGap(sid, seq, step, atUs, out);
    return true;
  }

  #sequenceGap(
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
      this.books.invalidateAll(sid, { reason: "sequence", missed, fromUs, detail }, atUs, out);
      return;
    }
    const about = {
      ...{ feed: this.feed, symbol: ALL_SYMBOLS, channel: MARKET_TYPES.get(channel) ?? "all" },
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
      // The book is unknown, so no book of the subscription can be trusted.
      const loss = { reason: "parse", missed: 1, fromUs: atUs, detail: reason } as const;
      this.books.invalidateAll(sid, loss, atUs, out);
    } else if (isSnapshot) this.books.snapshot(ticker, sid, body, atUs, out);
    else this.books.delta(ticker, sid, body, atUs, out);
  }

  /** Our symbol, if the value is a ticker. */
  #about(ticker: unknown): { symbol?: string } {
    return typeof ticker === "string" ? { symbol: this.symbols.ours(ticker) } : {};
  }

  #trade(trade: Trade, sid: number, out: Normalized): void {
    const isRepeated = this.#subscriptions.hasSeveral("trade") &&
      this.#repeated.isRepeated(trade.tradeId, sid);
    if (isRepeated) {
      out.notice = { type: "dropped", what: `trade ${trade.tradeId} came on another sid before` };
    } else addEvent(out, trade);
  }

  #marketFrame(
    { type, body, sid }: { type: string; body: KalshiBody | undefined; sid: number },
    atUs: number,
    out: Normalized,
  ): void {
    const ticker = body?.market_ticker;
    const channel = MARKET_TYPES.get(type) ?? "all";
    if (body === undefined || typeof ticker !== "string") {
      return markUnreadable(out, { reason: `A ${type} frame lacks its market.`, channel });
    }
    if (channel === "status") return this.#life(ticker, body, atUs, out);
    const read = type === "trade" ? tradeOf : tickerOf;
    const event = read(body, this.#format, this.#headOf(ticker, atUs));
    if (event === undefined) {
      const reason = `A ${type} lacks a field or has a wrong type.`;
      return markUnreadable(out, { reason, channel, ...this.#about(ticker) });
    }
    if (event.type === "trade") return this.#trade(event, sid, out);
    out.events.push(event);
    this.#compare(ticker, event, atUs, out);
  }

  /** Compares the venue's best prices with our book. */
  #compare(ticker: string, { bidPrice, askPrice }: Ticker, atUs: number, out: Normalized): void {
    const book = this.books.find(ticker);
    if (bidPrice === null || askPrice === null || book === undefined) return;
    const [bid, ask] = [stepsOf(bidPrice, PRICE_DECIMALS), stepsOf(askPrice, PRICE_DECIMALS)];
    const gap = this.#mirror.compare(bid, ask, book, atUs);
    if (gap === undefined) return;
    out.events.push(gap);
    if (!gap.recovered) out.notice = { type: "suspect", reason: gap.detail };
  }

  /** Handles lifecycle messages, which cover all markets; unsubscribed ones are ignored. */
  #life(ticker: string, body: KalshiBody, atUs: number, out: Normalized): void {
    out.news = [body];
    if (!this.symbols.wants(ticker)) {
      out.notice = { type: "ignored", what: "lifecycle of another market" };
      return;
    }
    const step = this.memory.step(ticker, this.symbols.ours(ticker), body, atUs);
    const what = `lifecycle ${wordOf(body.event_type)}`;
    if (step === "ignored" || step === "unknown") out.notice = { type: step, what };
    else if (step === "unreadable") {
      const reason = "A lifecycle frame cannot be read.";
      markUnreadable(out, { reason, channel: "status", ...this.#about(ticker) });
    } else {
      out.events.push(step);
      if (step.state === "settled") this.ledger.end(step.symbol, atUs, out.events);
    }
  }

  /** Clears sids, which are valid for one connection only. */
  protected broken(gap: Gap): void {
    this.#subscriptions.clear();
    this.#repeated.clear();
    this.memory.unseen.disconnected(gap);
  }

  state(): unknown {
    const state: KalshiState = {
      ...this.venueState(),
      commands: this.requests.state(),
      subscriptions: this.#subscriptions.state(),
      results: this.memory.state(),
      unseenLives: this.memory.unseen.since,
      mirror: this.#mirror.state(),
      repeatedTrades: this.#repeated.state(),
    };
    return structuredClone(state);
  }

  /** Restores a state. */
  restore(state: unknown): void {
    const given = structuredClone(state) as KalshiState;
    this.restoreVenue(given);
    // States older than the ledger count commands differently.
    if (given.ledger !== undefined) this.requests.restore(given.commands);
    this.#subscriptions.restore(given.subscriptions);
    this.memory.restore(given.results);
    this.memory.unseen.restore(given.unseenLives);
    // Older states lack the mirror.
    if (given.mirror !== undefined) this.#mirror.restore(given.mirror);
    // Older states lack the trades.
    this.#repeated.restore(given.repeatedTrades ?? []);
  }
}

/** Channel of a message type: only order books use another name. */
function channelOfType(type: string): string {
  return type === "orderbook_snapshot" ? BOOK_CHANNEL : type;
}
