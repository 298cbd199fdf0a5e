import { type Status, type Ticker, type Trade, valueOf } from "@ssmd/market";
import {
  DOLLAR_STEPS,
  PRICE_DECIMALS,
  SIZE_DECIMALS,
  stepsOfField,
  timestampOf,
} from "./format.ts";
import type { PolymarketEvent } from "./messages.ts";

/** Feed, symbol and receive time of a record. */
interface RecordHead {
  feed: string;
  symbol: string;
  receivedAtUs: number;
}

/** Most transactions with counted fills; the fills of one arrive close together. */
const TRANSACTIONS_MAX = 64;

/** Numbers the fills of a transaction, which share the venue's hash and have no ids. */
export class FillCounter {
  #counts = new Map<string, number>();

  /** Id of the next fill of a token in a transaction; "" without a hash. */
  nextId(token: string, hash: unknown): string {
    if (typeof hash !== "string" || hash === "") return "";
    const key = `${hash} ${token}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= TRANSACTIONS_MAX) break;
      this.#counts.delete(oldest);
    }
    return count === 1 ? hash : `${hash}-${count}`;
  }

  state(): [string, number][] {
    return [...this.#counts];
  }

  /** Restores a state. */
  restore(state: readonly [string, number][]): void {
    this.#counts = new Map(state);
  }
}

/** Converts a `last_trade_price` to a record without `tradeId`; undefined when unreadable. */
export function tradeOf(event: PolymarketEvent, head: RecordHead): Trade | undefined {
  const price = stepsOfField(event.price, PRICE_DECIMALS);
  const size = stepsOfField(event.size, SIZE_DECIMALS);
  const timestampUs = timestampOf(event.timestamp);
  const { side } = event;
  if (!(price > 0) || !(size > 0) || Number.isNaN(timestampUs)) return undefined;
  if (side !== "BUY" && side !== "SELL") return undefined;
  return {
    ...{ type: "trade", ...head, sequence: 0, timestampUs },
    price: valueOf(price, PRICE_DECIMALS),
    size: valueOf(size, SIZE_DECIMALS),
    side: side === "BUY" ? "buy" : "sell",
    tradeId: "",
  };
}

/** Converts a `best_bid_ask` to a record; undefined when unreadable. */
export function tickerOf(event: PolymarketEvent, head: RecordHead): Ticker | undefined {
  const bidPrice = priceOf(event.best_bid);
  const askPrice = priceOf(event.best_ask);
  const timestampUs = timestampOf(event.timestamp);
  if (Number.isNaN(bidPrice) || Number.isNaN(askPrice) || Number.isNaN(timestampUs)) {
    return undefined;
  }
  return {
    ...{ type: "ticker", ...head, sequence: 0, timestampUs, bidPrice, askPrice },
    ...{ bidSize: null, askSize: null, lastPrice: null, lastSize: null },
    ...{ volume24h: null, openInterest: null },
  };
}

/** Converts a `tick_size_change` to a record with the new step; undefined when unreadable. */
export function tickSizeOf(event: PolymarketEvent, head: RecordHead): Status | undefined {
  const step = event.new_tick_size;
  const timestampUs = timestampOf(event.timestamp);
  if (!(stepsOfField(step, PRICE_DECIMALS) > 0) || Number.isNaN(timestampUs)) return undefined;
  return {
    ...{ type: "status", ...head, sequence: 0, timestampUs, state: "unknown", result: "" },
    ...{ detail: "tick_size_change", kind: "terms", priceLevelStructure: String(step) },
  };
}

/** A price; null for 0, 1 or an absent value, which mean "none"; NaN when unreadable. */
function priceOf(value: unknown): number | null {
  if (value === undefined || value === null || value === "") return null;
  const steps = stepsOfField(value, PRICE_DECIMALS);
  if (!(steps >= 0 && steps <= DOLLAR_STEPS)) return NaN;
  return steps === 0 || steps === DOLLAR_STEPS ? null : valueOf(steps, PRICE_DECIMALS);
}
