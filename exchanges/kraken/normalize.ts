import type { Buffer } from "node:buffer";
import {
  ALL_SYMBOLS,
  type Gap,
  type GapChannel,
  type MarketEvent,
  type MarketState,
  type StatusKind,
} from "@ssmd/market";
import type { Normalized, NormalizerOptions } from "../adapter.ts";
import { wordOf } from "../json_fields.ts";
import { markUnreadable } from "../unreadable.ts";
import { VenueNormalizer, type VenueState } from "../venue_normalizer.ts";
import type { KrakenBook } from "./book.ts";
import type { KrakenBookState } from "./book_state.ts";
import { Books } from "./books.ts";
import { Instruments, type PairState, statusOf } from "./instrument.ts";
import { type KrakenFrame, objectOf } from "./messages.ts";
import { KrakenRequests, noteUntraded, type RequestsState } from "./requests.ts";
import { KrakenScanner, SCANNED } from "./scanner.ts";
import { channelOf, ordersOf } from "./subscribe.ts";
import { symbolOf } from "./symbols.ts";
import { scannedTicker, tickerOf } from "./ticker.ts";
import { Trades, type TradesState } from "./trade.ts";

/** State of a connection, as plain JSON. */
interface KrakenState extends VenueState<KrakenBookState> {
  requests: RequestsState;
  /** Start of the venue's maintenance, µs; 0 = none. */
  maintenanceUs: number;
  /** Pair whose trade subscription was confirmed last. */
  confirmedTrade: string;
  system: string;
  trades: TradesState;
  pairs: PairState[];
}

/** Known channels that give no records. */
const IGNORED_CHANNELS: readonly string[] = ["ohlc", "level3", "executions", "balances"];

/** Record types by the venue's channel. */
const CHANNELS: ReadonlyMap<unknown, GapChannel> = new Map([
  ["book", "orderbook"],
  ["trade", "trade"],
  ["ticker", "ticker"],
  ["status", "status"],
]);

/** States by the venue's system status; any other status counts as halted. */
const SYSTEM_STATES: ReadonlyMap<string, { state: MarketState; kind?: StatusKind }> = new Map([
  ["online", { state: "open" }],
  ["upcoming_maintenance", { state: "unknown", kind: "notice" }],
  ["maintenance", { state: "halted", kind: "maintenance" }],
  ["emergency", { state: "halted", kind: "emergency" }],
]);

/** Normalizer of Kraken's WebSocket v2. */
export class KrakenNormalizer extends VenueNormalizer<KrakenBook, KrakenBookState> {
  protected readonly books: Books;
  protected readonly memory: Trades;
  protected readonly requests: KrakenRequests;
  readonly scanner: KrakenScanner = new KrakenScanner();
  #instruments: Instruments;
  #maintenanceUs = 0;
  #confirmedTrade = "";
  #system = "";

  /** Creates the normalizer of a connection with these symbols. */
  constructor(options: NormalizerOptions) {
    super({ ...options, ordersOf, symbolOf });
    const { feed, symbols, ledger } = this;
    this.#instruments = new Instruments(feed, symbols);
    this.memory = new Trades(feed, symbols);
    const books = this.books = new Books({ feed, symbols, ledger }, this.#instruments);
    this.requests = new KrakenRequests(ledger, symbols, (external) => books.depthOf(external));
  }

  protected frame(json: unknown, text: string, atUs: number, out: Normalized): void {
    const frame = objectOf<KrakenFrame>(json);
    if (frame === undefined) out.notice = { type: "unreadable", reason: "The frame is no object." };
    else if (frame.channel !== undefined) this.#channel(frame, text, atUs, out);
    else this.#answer(frame, atUs, out);
  }

  /** Requests the instrument list again, which has the pairs' precisions. */
  protected override takenOn(atUs: number): void {
    const list = this.ledger.find("status", ALL_SYMBOLS);
    if (list !== undefined) this.ledger.doubt(list, atUs, atUs);
  }

  protected override takeScanned(
    offset: number,
    _bytes: Buffer,
    atUs: number,
    out: Normalized,
  ): boolean {
    const { scanner } = this;
    const { tape } = scanner;
    const kind = tape[offset];
    if (kind === SCANNED.book) {
      if (!this.books.scanned(scanner, offset, atUs, out)) return false;
    } else if (kind === SCANNED.trade) this.memory.scanned(scanner, offset, atUs, out);
    else {
      const ticker = scannedTicker({ tape, offset, scanner }, this.feed, this.symbols, atUs);
      if (ticker === undefined) return false;
      out.events = [ticker];
      this.#noteUntraded(atUs, out);
    }
    return true;
  }

  /** Handles a new connection on which everything was requested. */
  override connected(atUs: number): MarketEvent[] {
    this.#maintenanceUs = 0;
    return super.connected(atUs);
  }

  /** Handles subscriptions that the venue lost while the connection stays open. */
  #renew(fromUs: number, atUs: number, why: string, out: Normalized): void {
    out.events.push(this.gap.begin(fromUs, atUs, { why }));
    this.books.disconnected(fromUs);
    this.ledger.renew(fromUs, atUs);
  }

  #channel(frame: KrakenFrame, text: string, atUs: number, out: Normalized): void {
    const { channel, data } = frame;
    if (channel === "heartbeat") {
      out.notice = { type: "heartbeat" };
      return;
    }
    if (channel === "instrument") {
      this.ledger.arrive("status", ALL_SYMBOLS, atUs, out.events);
      return this.#instruments.frame(data, frame.type === "snapshot", atUs, out);
    }
    const isSnapshot = frame.type === "snapshot";
    if (!Array.isArray(data) || !(isSnapshot || frame.type === "update")) {
      const reason = "The frame lacks its type or its list of data.";
      const known = CHANNELS.get(channel);
      if (known === undefined) out.notice = { type: "unknown", what: `channel ${wordOf(channel)}` };
      else markUnreadable(out, { reason, channel: known });
    } else if (data.length === 0) this.#noData(channel, isSnapshot, atUs, out);
    else if (channel === "book") this.books.frame(data, isSnapshot, text, atUs, out);
    else if (channel === "trade") this.#tradesFrame(data, isSnapshot, atUs, out);
    else if (channel === "ticker") this.#tickers(data, atUs, out);
    else if (channel === "status") this.#status(data, atUs, out);
    else if (IGNORED_CHANNELS.includes(channel as string)) {
      out.notice = { type: "ignored", what: wordOf(channel) };
    } else out.notice = { type: "unknown", what: `channel ${wordOf(channel)}` };
  }

  /** Handles an empty snapshot of trades, sent after the confirmation when a pair has none. */
  #noData(channel: unknown, isSnapshot: boolean, atUs: number, out: Normalized): void {
    out.notice = { type: "ignored", what: "no data" };
    if (channel !== "trade" || !isSnapshot) return;
    this.ledger.arrive("trade", this.#confirmedTrade, atUs, out.events);
  }

  #tradesFrame(data: unknown[], isSnapshot: boolean, atUs: number, out: Normalized): void {
    this.memory.frame(data, isSnapshot, atUs, out);
    // Trades seen before give no record, but do answer the request.
    const external = isSnapshot ? objectOf<{ symbol?: unknown }>(data[0])?.symbol : undefined;
    if (typeof external !== "string" || out.events.length > 0) return;
    this.ledger.arrive("trade", this.symbols.ours(external), atUs, out.events);
  }

  #tickers(data: unknown[], atUs: number, out: Normalized): void {
    for (const value of data) {
      const ticker = tickerOf(value, this.feed, this.symbols, atUs);
      if (ticker !== undefined) out.events.push(ticker);
      else {
        const external = objectOf<{ symbol?: unknown }>(value)?.symbol;
        markUnreadable(out, {
          ...{ reason: "A ticker has a field of a wrong type.", channel: "ticker" },
          ...(typeof external === "string" ? { symbol: this.symbols.ours(external) } : {}),
        });
      }
    }
    this.#noteUntraded(atUs, out);
  }

  #noteUntraded(atUs: number, { events }: Normalized): void {
    const recoveries: MarketEvent[] = [];
    noteUntraded(this.ledger, events, { atUs, into: recoveries });
    if (recoveries.length > 0) events.unshift(...recoveries);
  }

  #status(data: unknown[], atUs: number, out: Normalized): void {
    const system = objectOf<{ system?: unknown }>(data[0])?.system;
    if (typeof system !== "string") {
      const reason = "A status frame lacks the system's state.";
      markUnreadable(out, { reason, channel: "status" });
      return;
    }
    out.notice = { type: "ignored", what: `system ${system}` };
    if (system === this.#system) return;
    this.#system = system;
    const { state, kind } = SYSTEM_STATES.get(system) ?? { state: "halted" };
    const event = statusOf(this.feed, ALL_SYMBOLS, state, system, atUs);
    if (kind !== undefined) event.kind = kind;
    out.events.push(event);
    if (system === "maintenance") this.#maintenanceUs = atUs;
    else if (system === "online" && this.#maintenanceUs > 0) {
      const why = "The venue was in maintenance and may have forgotten what was subscribed.";
      this.#renew(this.#maintenanceUs, atUs, why, out);
      this.#maintenanceUs = 0;
    }
  }

  /** Handles answers to requests: acknowledgements, pongs, refusals. */
  #answer(frame: KrakenFrame, atUs: number, out: Normalized): void {
    const { method, success } = frame;
    if (method === "pong") out.notice = { type: "heartbeat" };
    else if (success === false || typeof frame.error === "string") {
      const about = typeof frame.symbol === "string" ? ` (${frame.symbol})` : "";
      const message = `${wordOf(method)}: ${wordOf(frame.error)}${about}`;
      if (method === "unsubscribe") this.#unknown(frame, message, atUs, out);
      else {
        out.notice = { type: "refused", message, terminal: false };
        this.#refused(frame, wordOf(frame.error), atUs, out);
      }
    } else if (method === "subscribe" && success === true) this.#subscribed(frame, atUs, out);
    else if (method === "unsubscribe" && success === true) {
      const channel = objectOf<{ channel?: unknown }>(frame.result)?.channel;
      out.notice = { type: "unsubscribed", channel: wordOf(channel) };
    } else if (typeof method === "string") {
      out.notice = { type: "unknown", what: `method ${method}` };
    } else out.notice = { type: "unreadable", reason: "The frame has no channel and no method." };
  }

  #refused(frame: KrakenFrame, error: string, atUs: number, out: Normalized): void {
    const { symbol, req_id: request } = frame;
    const ours = typeof symbol === "string" ? this.symbols.ours(symbol) : undefined;
    const orders = this.ledger.answered(request, ours);
    // The next request unsubscribes first.
    if (/already subscribed/i.test(error)) { for (const each of orders) each.confirmed = true; }
    else this.ledger.refuse(orders, error, atUs, out.events);
  }

  /** Handles a refused unsubscribe: ignored, unless the venue had confirmed the subscription. */
  #unknown(frame: KrakenFrame, message: string, atUs: number, out: Normalized): void {
    out.notice = { type: "ignored", what: message };
    if (!this.requests.takeForgotten(frame.req_id)) return;
    const why = "The venue has forgotten what was subscribed.";
    this.#renew(this.dataUs || atUs, atUs, why, out);
  }

  #subscribed(frame: KrakenFrame, atUs: number, out: Normalized): void {
    const result = objectOf<{ channel?: unknown; symbol?: unknown; depth?: unknown }>(frame.result);
    const external = result?.symbol;
    if (result === undefined || typeof result.channel !== "string") {
      out.notice = { type: "unreadable", reason: "An acknowledgement lacks its channel." };
      return;
    }
    const known = typeof external === "string";
    const symbols = known ? [this.symbols.ours(external)] : [];
    const channel = channelOf(result.channel);
    const order = channel && this.ledger.find(channel, symbols[0] ?? ALL_SYMBOLS);
    if (order !== undefined) this.ledger.confirm(order, atUs, out.events);
    if (channel === "trade") this.#confirmedTrade = symbols[0] ?? "";
    if (result.channel === "book" && known) this.books.acknowledged(external, result.depth, atUs);
    out.notice = { type: "subscribed", channel: result.channel, symbols };
  }

  /** Keeps trade ids, so that missed trades are detected. */
  protected broken({ reason }: Gap): void {
    this.memory.disconnected(reason === "planned");
  }

  protected override unwanted(external: string): void {
    this.memory.unwanted(external);
  }

  state(): unknown {
    const state: KrakenState = {
      ...this.venueState(),
      requests: this.requests.state(),
      maintenanceUs: this.#maintenanceUs,
      confirmedTrade: this.#confirmedTrade,
      system: this.#system,
      trades: this.memory.state(),
      pairs: this.#instruments.state(),
    };
    return structuredClone(state);
  }

  /** Restores a state. */
  restore(state: unknown): void {
    const given = structuredClone(state) as KrakenState;
    // States older than the ledger have no requests.
    if (given.ledger !== undefined) this.requests.restore(given.requests);
    this.#maintenanceUs = given.maintenanceUs ?? 0;
    this.#confirmedTrade = given.confirmedTrade ?? "";
    this.#system = given.system;
    this.#instruments.restore(given.pairs);
    this.restoreVenue(given);
    this.memory.restore(given.trades);
  }
}
