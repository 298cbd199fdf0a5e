import type { EventType, Level, MarketEvent } from "@ssmd/market";
import { EVENT_TYPES } from "@ssmd/market";
import { ValueStats, type ValueSummary } from "./value_stats.ts";

const TICKER_FIELDS = [
  "bidPrice",
  "bidSize",
  "askPrice",
  "askSize",
  "lastPrice",
  "lastSize",
  "volume24h",
  "openInterest",
  "vwap24h",
  "trades24h",
  "low24h",
  "high24h",
  "volumeTotal",
  "dollarVolume",
  "dollarOpenInterest",
] as const;

/** Value distributions of a version's records, by type and field. */
export class RecordValues {
  #stats = new Map<string, ValueStats>();

  /** Adds a record. */
  add(event: MarketEvent): void {
    const { type, timestampUs, receivedAtUs } = event;
    if (timestampUs > 0) this.#of(`${type}.delayMs`).add((receivedAtUs - timestampUs) / 1000);
    switch (event.type) {
      case "trade":
        this.#of("trade.price").add(event.price);
        this.#of("trade.size").add(event.size);
        return;
      case "ticker":
        for (const field of TICKER_FIELDS) {
          const value = event[field];
          if (value !== null && value !== undefined) this.#of(`ticker.${field}`).add(value);
        }
        return;
      case "orderbook":
        this.#levels("orderbook.bid", event.bids);
        this.#levels("orderbook.ask", event.asks);
        return;
      case "gap":
        if (event.missed !== null) this.#of("gap.missed").add(event.missed);
        if (event.toUs > 0) this.#of("gap.ms").add((event.toUs - event.fromUs) / 1000);
    }
  }

  /** Summaries by `type.field`, in type order. */
  summaries(): Map<string, ValueSummary> {
    const rankOf = (name: string) => EVENT_TYPES.indexOf(name.split(".")[0] as EventType);
    const names = [...this.#stats.keys()].sort((a, b) =>
      rankOf(a) - rankOf(b) || (a < b ? -1 : a > b ? 1 : 0)
    );
    return new Map(names.map((name) => [name, this.#of(name).summary()]));
  }

  #levels(name: string, levels: readonly Level[]): void {
    const prices = this.#of(`${name}Price`);
    const sizes = this.#of(`${name}Size`);
    for (let i = 0; i < levels.length; i++) {
      const { price, size } = levels[i] as Level;
      prices.add(price);
      sizes.add(size);
    }
  }

  #of(name: string): ValueStats {
    let stats = this.#stats.get(name);
    if (stats === undefined) this.#stats.set(name, stats = new ValueStats());
    return stats;
  }
}
