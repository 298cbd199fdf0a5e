import { isoOfUs } from "@ssmd/runtime";
import type { RestCatalogue } from "./rest.ts";
import { gridOf } from "./symbols.ts";

/** Body of a lifecycle message. */
export interface LifeBody {
  market_ticker: string;
  event_type: string;
  open_ts?: number;
  close_ts?: number;
  result?: string;
  settlement_value?: string;
  price_level_structure?: string;
  price_ranges?: unknown;
  additional_metadata?: Readonly<Record<string, unknown>>;
}

/** Settled markets that REST keeps. */
const SETTLED_MAX = 1000;
const STATES: Readonly<Record<string, string>> = {
  created: "initialized",
  activated: "active",
  deactivated: "inactive",
  determined: "determined",
  settled: "finalized",
};

/** The venue's markets for REST, built from its lifecycle messages. */
export class KalshiListing {
  #markets = new Map<string, Record<string, unknown>>();
  #settled: string[] = [];

  /** All series with their fees, and all markets. */
  get catalogue(): RestCatalogue {
    const markets = [...this.#markets.values()];
    const tickers = new Set(markets.map((market) => seriesOf(String(market["event_ticker"]))));
    const series = [...tickers].map((ticker) => ({
      ...{ ticker, title: ticker, category: "Simulated", frequency: "custom", tags: [] },
      ...{ fee_type: "quadratic", fee_multiplier: 1, settlement_sources: [], contract_url: "" },
      ...{ contract_terms_url: "", additional_prohibitions: [] },
    }));
    const feeChanges = series.map(({ ticker, fee_type, fee_multiplier }) => ({
      ...{ id: `fee-${ticker}`, series_ticker: ticker, fee_type, fee_multiplier },
      scheduled_ts: "2026-01-01T05:00:00Z",
    }));
    return { series, markets, feeChanges };
  }

  /** Adds a market that existed before. */
  add(ticker: string, atUs: number, more: Readonly<Record<string, unknown>> = {}): void {
    this.note({ market_ticker: ticker, event_type: "created" }, atUs);
    this.note({ market_ticker: ticker, event_type: "activated" }, atUs);
    Object.assign(this.#markets.get(ticker) ?? {}, more);
  }

  /** Applies a lifecycle message at a time, µs. */
  note(body: LifeBody, atUs: number): void {
    const { market_ticker: ticker, event_type: type } = body;
    const known = this.#markets.get(ticker) ?? newMarket(body, atUs);
    const { open_ts, close_ts, result, settlement_value, price_level_structure, price_ranges } =
      body;
    this.#markets.set(ticker, {
      ...known,
      updated_time: isoOfUs(atUs),
      status: STATES[type] ?? known["status"],
      ...(open_ts === undefined ? {} : { open_time: isoOfUs(open_ts * 1e6) }),
      ...(close_ts === undefined ? {} : { close_time: isoOfUs(close_ts * 1e6) }),
      ...(result === undefined ? {} : { result }),
      ...(settlement_value === undefined ? {} : { settlement_value_dollars: settlement_value }),
      ...(price_level_structure === undefined ? {} : { price_level_structure }),
      ...(price_ranges === undefined ? {} : { price_ranges }),
    });
    if (type !== "settled") return;
    this.#settled.push(ticker);
    if (this.#settled.length > SETTLED_MAX) this.#markets.delete(this.#settled.shift() ?? "");
  }
}

function newMarket({ market_ticker, additional_metadata }: LifeBody, atUs: number) {
  const { event_ticker = eventOf(market_ticker), title = market_ticker } = additional_metadata ??
    {};
  return {
    ...{ ticker: market_ticker, event_ticker, title, market_type: "binary", result: "" },
    ...{ created_time: isoOfUs(atUs), open_time: isoOfUs(atUs), status: "initialized" },
    ...{
      close_time: "2026-12-31T23:59:00Z",
      can_close_early: true,
      notional_value_dollars: "1.0000",
    },
    ...gridOf("linear_cent"),
  };
}

/** Event of a ticker: `KXSIMBTC-26DEC31` of `KXSIMBTC-26DEC31-T99999.99`. */
function eventOf(ticker: string): string {
  return ticker.slice(0, Math.max(ticker.lastIndexOf("-"), 0)) || ticker;
}

function seriesOf(event: string): string {
  return event.split("-", 1)[0] ?? event;
}
