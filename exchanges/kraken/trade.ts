import { lostGap, type Trade } from "@ssmd/market";
import { addEvent, type Normalized } from "../adapter.ts";
import { countOf, figureOf } from "../json_fields.ts";
import { markUnreadable, noteBeside } from "../unreadable.ts";
import type { MarketMemory } from "../venue_normalizer.ts";
import { type KrakenTradeData, objectOf } from "./messages.ts";
import { RecentTrades } from "./recent_trades.ts";
import type { Symbols } from "../symbols.ts";
import { type KrakenScanner, TRADE, TRADES } from "./scanner.ts";
import { timestampOf } from "./time.ts";

/** Last seen trade of a pair. */
interface LastTrade {
  id: number;
  receivedAtUs: number;
  timestampUs: number;
  /** Whether only a planned stop came after it. */
  stopped: boolean;
  /** Values of the newest trades, for comparison with their repeats; not part of the state. */
  recent: RecentTrades;
  /** Unreadable trades that directly follow it; each has a gap of its own. */
  unread: number;
  /** Whether the pair was unsubscribed since. */
  isUnwanted?: boolean;
}

/** A pair's last trade as plain JSON; times are µs. */
type LastTradeState = [id: number, receivedAtUs: number, timestampUs: number];
/**
 * State of the trades as plain JSON: the venue's symbol, its last trade, whether a stop came after
 * it, whether the pair was unsubscribed since (absent = no), and the number of unreadable trades
 * that follow it (absent = 0).
 */
export type TradesState = [
  external: string,
  ...LastTradeState,
  stopped: boolean,
  isUnwanted?: boolean,
  unread?: number,
][];

/**
 * An earlier id with a time this much later, µs, means that the venue restarted its ids. Within
 * less, ids may not be in the order of times.
 */
const COUNTED_ANEW_US = 1_000_000;

/** A parsed trade, by the venue's symbol. */
interface GivenTrade extends Pick<Trade, "price" | "size" | "side" | "timestampUs"> {
  symbol: string;
  id: number;
  orderType: Trade["orderType"];
}

/** Trade channel: ids of a pair count up by one, which shows repeats and gaps. */
export class Trades implements MarketMemory {
  #feed: string;
  #symbols: Symbols;
  #last = new Map<string, LastTrade>();
  /** The trade that is read from the tape: one object for all costs less than one each. */
  readonly #scanned: GivenTrade = {
    symbol: "",
    id: NaN,
    price: NaN,
    size: NaN,
    side: "buy",
    orderType: "limit",
    timestampUs: NaN,
  };

  constructor(feed: string, symbols: Symbols) {
    this.#feed = feed;
    this.#symbols = symbols;
  }

  /** Handles a frame of the trade channel; a snapshot repeats the last 50 trades. */
  frame(data: unknown[], isSnapshot: boolean, atUs: number, out: Normalized): void {
    const trades = isSnapshot || !isInOrder(data) ? oldestFirst(data) : data;
    let isMarked = false;
    for (let i = 0; i < trades.length; i++) {
      if (!this.#trade(trades[i], atUs, out)) {
        // A frame's gap is of one message.
        if (!isMarked) this.#noteUnread(trades[i]);
        isMarked = true;
        const external = objectOf<KrakenTradeData>(trades[i])?.symbol;
        markUnreadable(out, {
          ...{ reason: "A trade lacks a field or has a wrong type.", channel: "trade" },
          ...(typeof external === "string" ? { symbol: this.#symbols.ours(external) } : {}),
        });
      }
    }
    this.#noteSeen(out);
  }

  /** Notes a trade that its own gap covers, so that the next one does not tell it as missing again. */
  #noteUnread(value: unknown): void {
    const { symbol, trade_id: id } = objectOf<KrakenTradeData>(value) ?? {};
    const last = typeof symbol === "string" ? this.#last.get(symbol) : undefined;
    if (last !== undefined && countOf(id) === last.id + last.unread + 1) last.unread++;
  }

  #noteSeen(out: Normalized): void {
    if (out.events.length > 0 || out.notice !== undefined) return;
    out.notice = { type: "dropped", what: "trades already seen" };
  }

  #trade(value: unknown, atUs: number, out: Normalized): boolean {
    if (typeof value !== "object" || value === null) return false;
    const { symbol, side, ord_type: orderType, timestamp, ...given }: KrakenTradeData = value;
    const id = countOf(given.trade_id);
    const price = figureOf(given.price);
    const qty = figureOf(given.qty);
    if (typeof symbol !== "string" || id === undefined) return false;
    if (price === undefined || !(price > 0) || qty === undefined || !(qty > 0)) return false;
    if (side !== "buy" && side !== "sell" || price === Infinity || qty === Infinity) return false;
    const timestampUs = timestampOf(timestamp);
    if (Number.isNaN(timestampUs)) return false;
    const known = orderType === "limit" || orderType === "market" ? orderType : undefined;
    this.#take({ symbol, id, price, size: qty, side, orderType: known, timestampUs }, atUs, out);
    return true;
  }

  /** Handles trades from the scanner's tape, in ascending order of ids. */
  scanned(scanner: KrakenScanner, offset: number, atUs: number, out: Normalized): void {
    const { tape } = scanner;
    const given = this.#scanned;
    const end = offset + TRADES.first + (tape[offset + TRADES.count] as number) * TRADE.next;
    for (let at = offset + TRADES.first; at < end; at += TRADE.next) {
      given.symbol = scanner.textOf(tape[at + TRADE.symbol] as number);
      given.id = tape[at + TRADE.id] as number;
      given.price = tape[at + TRADE.price] as number;
      given.size = tape[at + TRADE.size] as number;
      given.side = tape[at + TRADE.side] === 0 ? "buy" : "sell";
      given.orderType = tape[at + TRADE.orderType] === 0 ? "limit" : "market";
      given.timestampUs = tape[at + TRADE.timeUs] as number;
      this.#take(given, atUs, out);
    }
    this.#noteSeen(out);
  }

  #take(given: GivenTrade, atUs: number, out: Normalized): void {
    const { symbol, id, timestampUs } = given;
    const last = this.#last.get(symbol);
    if (last === undefined) {
      this.#set(symbol, [id, atUs, timestampUs]).recent.add(given);
    } else {
      if (id <= last.id && timestampUs <= last.timestampUs + COUNTED_ANEW_US) {
        // The last trade repeated: the next one follows it without a gap.
        if (id === last.id) last.isUnwanted = false;
        const reason = last.recent.conflictOf(given);
        if (reason !== undefined) noteBeside(out, { type: "conflict", reason });
        return;
      }
      const follows = id === last.id + 1 || last.isUnwanted ||
        (id > last.id && id <= last.id + last.unread + 1);
      if (!follows) this.#sequenceGap(symbol, last, id, atUs, out);
      last.isUnwanted = false;
      last.id = id;
      last.receivedAtUs = atUs;
      last.timestampUs = timestampUs;
      last.stopped = false;
      last.unread = 0;
      last.recent.add(given);
    }
    const trade: Trade = {
      type: "trade",
      timestampUs,
      receivedAtUs: atUs,
      symbol: this.#symbols.ours(symbol),
      feed: this.#feed,
      sequence: 0,
      price: given.price,
      size: given.size,
      side: given.side,
      tradeId: String(id),
    };
    if (given.orderType !== undefined) trade.orderType = given.orderType;
    addEvent(out, trade);
  }

  #sequenceGap(external: string, last: LastTrade, id: number, atUs: number, out: Normalized): void {
    out.events.push(lostGap({
      feed: this.#feed,
      symbol: this.#symbols.ours(external),
      channel: "trade",
      reason: last.stopped ? "planned" : "sequence",
      fromUs: last.receivedAtUs,
      atUs,
      missed: id > last.id ? id - last.id - 1 - last.unread : null,
      detail: id > last.id
        ? `Trades of ${external} are missing: trade_id ${last.id}→${id}.`
        : `The venue counts trades of ${external} anew: trade_id ${last.id}→${id}.`,
    }));
  }

  /** Plain JSON of the last trades. */
  state(): TradesState {
    return [...this.#last].map(([external, last]) => {
      const state = [external, ...stateOf(last), last.stopped] as const;
      if (last.unread > 0) return [...state, last.isUnwanted ?? false, last.unread];
      return last.isUnwanted ? [...state, true] : [...state];
    });
  }

  /** Restores the last trades. */
  restore(state: TradesState): void {
    this.#last = new Map(
      // Older states lack the venue's time, which is never far behind ours.
      state.map((
        [
          external,
          id,
          receivedAtUs,
          timestampUs = receivedAtUs,
          stopped = false,
          isUnwanted = false,
          unread = 0,
        ],
      ) => {
        const last = { id, receivedAtUs, timestampUs, stopped, unread, isUnwanted };
        return [external, { ...last, recent: new RecentTrades() }] as const;
      }),
    );
  }

  #set(external: string, [id, receivedAtUs, timestampUs]: LastTradeState): LastTrade {
    const last = { id, receivedAtUs, timestampUs, stopped: false, unread: 0 };
    const kept = { ...last, recent: new RecentTrades() };
    this.#last.set(external, kept);
    return kept;
  }

  /** Handles a disconnect; `planned` = all of it was a planned stop. */
  disconnected(planned: boolean): void {
    for (const last of this.#last.values()) last.stopped = planned;
  }

  /** The venue's symbols of pairs with a trade. */
  externals(): Iterable<string> {
    return this.#last.keys();
  }

  /** Last trade of a pair, if one was seen. */
  carried(external: string): { trade?: LastTradeState } {
    const last = this.#last.get(external);
    return last ? { trade: stateOf(last) } : {};
  }

  /** Marks a pair as unsubscribed: trades until its next one are not missing. */
  unwanted(external: string): void {
    const last = this.#last.get(external);
    if (last !== undefined) last.isUnwanted = true;
  }

  /** Takes over a pair's last trade from an earlier run; ignores an invalid or older one. */
  carry(external: string, { trade: state }: { trade?: unknown }): void {
    if (!Array.isArray(state) || !state.slice(0, 3).every(Number.isSafeInteger)) return;
    if (state.length < 3) return;
    const [, receivedAtUs] = state as LastTradeState;
    if (receivedAtUs <= (this.#last.get(external)?.receivedAtUs ?? -1)) return;
    this.#set(external, state as LastTradeState);
  }
}

function stateOf({ id, receivedAtUs, timestampUs }: LastTrade): LastTradeState {
  return [id, receivedAtUs, timestampUs];
}

/** Whether the ids of each symbol ascend, as in almost every frame. */
function isInOrder(data: unknown[]): boolean {
  if (data.length < 2) return true;
  const last = new Map<unknown, number>();
  for (const value of data) {
    const symbol = objectOf<KrakenTradeData>(value)?.symbol;
    const id = idOf(value);
    if (id < (last.get(symbol) ?? 0)) return false;
    last.set(symbol, id);
  }
  return true;
}

/** Sorts trades by ascending id; those without one come last. */
function oldestFirst(data: unknown[]): unknown[] {
  return data.toSorted((a, b) => idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0);
}

function idOf(value: unknown): number {
  return countOf(objectOf<KrakenTradeData>(value)?.trade_id) ?? Infinity;
}
