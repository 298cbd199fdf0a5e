import { lostGap, type Trade } from "@ssmd/market";
import type { Normalized } from "../adapter.ts";
import { type KrakenTradeData, objectOf } from "./messages.ts";
import type { Symbols } from "./symbols.ts";
import { timestampOf } from "./time.ts";

/** The last trade of a pair that was seen. */
interface LastTrade {
  id: number;
  receivedAtUs: number;
}

/** The trades' state as plain JSON: the venue's symbol, last id, its receive time (µs). */
export type TradesState = [string, number, number][];

/** The trade channel: ids count up by one a pair, so repeats and holes show. */
export class Trades {
  #feed: string;
  #symbols: Symbols;
  #last = new Map<string, LastTrade>();

  /** Trades of `feed`. */
  constructor(feed: string, symbols: Symbols) {
    this.#feed = feed;
    this.#symbols = symbols;
  }

  /** A frame of the trade channel; a snapshot repeats the last 50 trades. */
  frame(data: unknown[], isSnapshot: boolean, atUs: number, out: Normalized): void {
    const trades = isSnapshot ? oldestFirst(data) : data;
    for (let i = 0; i < trades.length; i++) {
      if (!this.#trade(trades[i], atUs, out)) {
        out.notice = { type: "unreadable", reason: "A trade lacks a field or has a wrong type." };
      }
    }
    if (out.events.length === 0 && out.notice === undefined) {
      out.notice = { type: "dropped", what: "trades already seen" };
    }
  }

  #trade(value: unknown, atUs: number, out: Normalized): boolean {
    if (typeof value !== "object" || value === null) return false;
    const { symbol, side, price, qty, trade_id: id, timestamp }: KrakenTradeData = value;
    if (typeof symbol !== "string" || typeof id !== "number" || !Number.isSafeInteger(id)) {
      return false;
    }
    if (typeof price !== "number" || !(price > 0) || typeof qty !== "number" || !(qty > 0)) {
      return false;
    }
    if (side !== "buy" && side !== "sell" || price === Infinity || qty === Infinity) return false;
    const timestampUs = timestampOf(timestamp);
    if (Number.isNaN(timestampUs)) return false;
    const last = this.#last.get(symbol);
    if (last === undefined) this.#last.set(symbol, { id, receivedAtUs: atUs });
    else {
      if (id <= last.id) return true;
      if (id !== last.id + 1) this.#hole(symbol, last, id, atUs, out);
      last.id = id;
      last.receivedAtUs = atUs;
    }
    const trade: Trade = {
      type: "trade",
      timestampUs,
      receivedAtUs: atUs,
      symbol: this.#symbols.ours(symbol),
      feed: this.#feed,
      sequence: 0,
      price,
      size: qty,
      side,
      tradeId: String(id),
    };
    out.events.push(trade);
    return true;
  }

  #hole(external: string, last: LastTrade, id: number, atUs: number, out: Normalized): void {
    out.events.push(lostGap({
      feed: this.#feed,
      symbol: this.#symbols.ours(external),
      reason: "sequence",
      fromUs: last.receivedAtUs,
      atUs,
      missed: id - last.id - 1,
      detail: `Trades of ${external} are missing: trade_id ${last.id}→${id}.`,
    }));
  }

  /** Plain JSON of the last trades. */
  state(): TradesState {
    return [...this.#last].map(([external, last]) => [external, last.id, last.receivedAtUs]);
  }

  /** Takes over the last trades. */
  restore(state: TradesState): void {
    this.#last = new Map(state.map(([external, id, receivedAtUs]) => [external, {
      id,
      receivedAtUs,
    }]));
  }
}

/** Trades by ascending id; what has none comes last. */
function oldestFirst(data: unknown[]): unknown[] {
  const id = (value: unknown) => {
    const given = objectOf<KrakenTradeData>(value)?.trade_id;
    return typeof given === "number" ? given : Infinity;
  };
  return data.toSorted((a, b) => id(a) < id(b) ? -1 : id(a) > id(b) ? 1 : 0);
}
