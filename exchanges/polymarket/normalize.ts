import { ALL_SYMBOLS, type Gap, type GapChannel, lostGap, type MarketEvent } from "@ssmd/market";
import type { Normalized, NormalizerOptions } from "../adapter.ts";
import { wordOf } from "../json_fields.ts";
import type { OrderedChannel } from "../subscription.ts";
import { markUnreadable } from "../unreadable.ts";
import { VenueNormalizer, type VenueState } from "../venue_normalizer.ts";
import type { PolymarketBook, PolymarketBookState } from "./book.ts";
import { Books } from "./books.ts";
import { Lifecycle, type LifecycleState } from "./lifecycle.ts";
import { objectOf, type PolymarketEvent } from "./messages.ts";
import { FillCounter, tickerOf, tickSizeOf, tradeOf } from "./records.ts";
import { marketOrders } from "../market_orders.ts";
import { PolymarketRequests, type RequestsState } from "./subscribe.ts";

/** State of a connection, as plain JSON. */
interface PolymarketState extends VenueState<PolymarketBookState> {
  requests: RequestsState;
  lifecycle: LifecycleState;
  fills: [string, number][];
  /** Absent in older states, which did not limit searches. */
  searchesDueUs?: number;
}

/** Record types by event type, for events of one token. */
const CHANNELS: ReadonlyMap<string, GapChannel> = new Map([
  ["book", "orderbook"],
  ["last_trade_price", "trade"],
  ["best_bid_ask", "ticker"],
  ["tick_size_change", "status"],
]);

/** Normalizer of Polymarket's market channel. */
export class PolymarketNormalizer extends VenueNormalizer<PolymarketBook, PolymarketBookState> {
  protected readonly books: Books;
  protected readonly requests: PolymarketRequests;
  protected readonly memory: Lifecycle;
  readonly scanner = undefined;
  #fills = new FillCounter();

  /** Creates the normalizer of a connection with these tokens. */
  constructor(options: NormalizerOptions) {
    super({ ...options, ordersOf: marketOrders, symbolOf: (token) => token });
    const { feed, symbols, ledger } = this;
    this.books = new Books({ feed, symbols, ledger });
    this.requests = new PolymarketRequests(ledger);
    this.memory = new Lifecycle(feed, symbols);
  }

  protected frame(json: unknown, _text: string, atUs: number, out: Normalized): void {
    const events = Array.isArray(json) ? json : [json];
    if (events.length === 0) out.notice = { type: "ignored", what: "no events" };
    for (const value of events) {
      const event = objectOf<PolymarketEvent>(value);
      if (event !== undefined && typeof event.event_type === "string") {
        this.#event(event, event.event_type, atUs, out);
      } else {markUnreadable(out, {
          reason: "An event is no object with an event_type.",
          ...ofBook(event),
        });}
    }
  }

  #event(event: PolymarketEvent, type: string, atUs: number, out: Normalized): void {
    const channel = CHANNELS.get(type);
    if (channel !== undefined) this.#tokenEvent(event, channel, atUs, out);
    else if (type === "price_change") this.books.changes(event, atUs, out);
    else if (type === "new_market" || type === "market_resolved") {
      out.news = [...out.news ?? [], event];
      for (const token of this.memory.step(type, event, atUs, out)) {
        this.ledger.end(this.symbols.ours(token), atUs, out.events);
      }
    } else {
      out.notice ??= { type: "unknown", what: `event_type ${wordOf(type)}` };
      return;
    }
    // The first event shows that the channel is open, and with it the lifecycle of all markets.
    this.#confirm("status", ALL_SYMBOLS, atUs, out.events);
  }

  #tokenEvent(
    event: PolymarketEvent,
    channel: GapChannel,
    atUs: number,
    out: Normalized,
  ): void {
    const { asset_id: token } = event;
    if (typeof token !== "string" || token === "") {
      const reason = `A ${wordOf(event.event_type)} lacks its token.`;
      return markUnreadable(out, { reason, channel });
    }
    if (!this.symbols.wants(token) && !this.symbols.former.has(token)) {
      out.notice ??= { type: "ignored", what: `${wordOf(event.event_type)} of another token` };
    } else if (channel === "orderbook") this.#book(token, event, atUs, out);
    else this.#record(token, event, channel, { atUs, out });
  }

  #book(token: string, event: PolymarketEvent, atUs: number, out: Normalized): void {
    const symbol = this.symbols.ours(token);
    const since = this.ledger.find("orderbook", symbol)?.sinceUs ?? 0;
    if (!this.books.snapshot(token, event, atUs, out)) return;
    if (this.requests.takeRenewed(token)) this.#tradesMissing(symbol, since, atUs, out);
    this.#confirm("ticker", symbol, atUs, out.events);
    this.#confirm("trade", symbol, atUs, out.events);
  }

  /** Reports that trades may be missing where a token was resubscribed, as they have no sequence. */
  #tradesMissing(symbol: string, sinceUs: number, atUs: number, out: Normalized): void {
    if (this.ledger.find("trade", symbol)?.state !== "live") return;
    out.events.push(lostGap({
      ...{ feed: this.feed, symbol, channel: "trade", reason: "subscription", missed: null },
      ...{ fromUs: sinceUs || atUs, atUs },
      detail: `${symbol} was subscribed once more: trades since its book was right may be missing.`,
    }));
  }

  #record(
    token: string,
    event: PolymarketEvent,
    channel: GapChannel,
    { atUs, out }: { atUs: number; out: Normalized },
  ): void {
    const head = { feed: this.feed, symbol: this.symbols.ours(token), receivedAtUs: atUs };
    const read = channel === "trade" ? tradeOf : channel === "ticker" ? tickerOf : tickSizeOf;
    const record = read(event, head);
    if (record === undefined) {
      const reason = `A ${wordOf(event.event_type)} lacks a field or has a wrong type.`;
      return markUnreadable(out, { reason, channel, symbol: head.symbol });
    }
    if (record.type === "status") {
      this.books.find(token)?.hash.setTickSize(record.priceLevelStructure ?? "");
    }
    if (record.type === "trade") {
      this.books.find(token)?.hash.traded(event.price);
      record.tradeId = this.#fills.nextId(token, event.transaction_hash);
    }
    out.events.push(record);
  }

  #confirm(channel: OrderedChannel, symbol: string, atUs: number, events: MarketEvent[]): void {
    const order = this.ledger.find(channel, symbol);
    if (order === undefined || order.state === "live" || order.state === "ended") return;
    this.ledger.confirm(order, atUs, events);
    if (channel === "status") events.push(...this.memory.unseen.confirmed(atUs));
  }

  override dueUs(): number {
    return Math.min(super.dueUs(), this.books.dueUs());
  }

  protected override overdue(atUs: number, out: Normalized): void {
    this.books.overdue(atUs, out);
  }

  /** A token is one subscription: while its book changes, its other channels are only quiet. */
  override doubt(
    channel: OrderedChannel,
    symbol: string,
    fromUs: number,
    atUs: number,
  ): Normalized {
    const external = this.ledger.find("orderbook", symbol)?.external ?? "";
    const isQuiet = channel !== "orderbook" &&
      (this.books.find(external)?.lastGoodAtUs ?? 0) > fromUs;
    return isQuiet ? this.tick(atUs) : super.doubt("orderbook", symbol, fromUs, atUs);
  }

  protected broken(gap: Gap): void {
    this.memory.unseen.disconnected(gap);
  }

  state(): unknown {
    const state: PolymarketState = {
      ...this.venueState(),
      requests: this.requests.state(),
      lifecycle: this.memory.state(),
      fills: this.#fills.state(),
      searchesDueUs: this.books.searches.dueUs,
    };
    return structuredClone(state);
  }

  /** Restores a state. */
  restore(state: unknown): void {
    const given = structuredClone(state) as PolymarketState;
    this.restoreVenue(given);
    this.requests.restore(given.requests);
    this.memory.restore(given.lifecycle);
    this.#fills.restore(given.fills);
    this.books.searches.dueUs = given.searchesDueUs ?? 0;
  }
}

/** Channel of an event without a type that has the fields of a book. */
function ofBook(event: PolymarketEvent | undefined): { channel?: GapChannel } {
  const isBook = event?.price_changes !== undefined || event?.bids !== undefined ||
    event?.asks !== undefined;
  return isBook ? { channel: "orderbook" } : {};
}
