import { ALL_SYMBOLS, type Gap, type MarketEvent, type Ticker, type Trade } from "@ssmd/market";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { Market, MarketFeed } from "../state/market.ts";
import { LiveCandles } from "./live_candles.ts";
import { RecentBudget, RecentSeries } from "./recent_series.ts";

/** Records of one market in memory. */
interface MarketHistory {
  trade: RecentSeries<Trade>;
  ticker: RecentSeries<Ticker>;
  candles: LiveCandles;
}

/**
 * Newest trades and tickers of every market, its live candles and the newest gaps of every feed:
 * the in-memory source of the history routes, used before the archive.
 */
export class History {
  #budget = new RecentBudget();
  #markets = new Map<Market, MarketHistory>();
  #floors = new Map<MarketFeed, number>();
  #gaps = new Map<MarketFeed, Gap[]>();

  /** Takes a record of a market after the state; `message` is its encoding on the bus. */
  takeRecord(event: MarketEvent, market: Market, message?: Uint8Array): void {
    const floorUs = this.#floorOf(market.feed, event);
    if (event.type === "gap") return this.#takeGap(event, market.feed);
    if (event.type !== "trade" && event.type !== "ticker") return;
    const history = this.#historyOf(market, floorUs);
    if (event.type === "ticker") return history.ticker.add(event, message);
    history.trade.add(event, message);
    history.candles.add(event);
  }

  /** Takes a record about a whole feed. */
  takeFeedRecord(event: MarketEvent, feed: MarketFeed): void {
    this.#floorOf(feed, event);
    if (event.type === "gap") this.#takeGap(event, feed);
  }

  /** Discards continuity after the gateway missed records of a feed. */
  raiseFloor(feed: MarketFeed): void {
    this.#floors.delete(feed);
  }

  /** Returns a market's records in memory; undefined = none since `floorOf`. */
  of(market: Market): MarketHistory | undefined {
    const floorUs = this.floorOf(market.feed);
    const history = this.#markets.get(market);
    if (history !== undefined) raise(history, floorUs);
    return history;
  }

  /** Returns the time from which all records of a feed were received, µs; Infinity = none yet. */
  floorOf(feed: MarketFeed): number {
    return this.#floors.get(feed) ?? Infinity;
  }

  /** Returns the newest gaps of a feed, for `symbol` and all symbols; all gaps without a symbol. */
  gaps(feed: MarketFeed, symbol?: string): Gap[] {
    const gaps = this.#gaps.get(feed) ?? [];
    if (symbol === undefined) return gaps;
    return gaps.filter((gap) => gap.symbol === symbol || gap.symbol === ALL_SYMBOLS);
  }

  #floorOf(feed: MarketFeed, { receivedAtUs }: MarketEvent): number {
    let floorUs = this.#floors.get(feed);
    if (floorUs === undefined) {
      // Earlier records of the same frame have the same time and may have been missed.
      floorUs = receivedAtUs + 1;
      this.#floors.set(feed, floorUs);
    }
    return floorUs;
  }

  #historyOf(market: Market, floorUs: number): MarketHistory {
    let history = this.#markets.get(market);
    if (history === undefined) {
      history = {
        trade: new RecentSeries<Trade>("trade", this.#budget, floorUs),
        ticker: new RecentSeries<Ticker>("ticker", this.#budget, floorUs),
        candles: new LiveCandles(floorUs, () => this.#candlesMost()),
      };
      this.#markets.set(market, history);
    } else raise(history, floorUs);
    return history;
  }

  #candlesMost(): number {
    const { liveCandlesMax, liveCandlesMin, liveCandlesTotalMax } = GATEWAY_LIMITS;
    const share = Math.floor(liveCandlesTotalMax / Math.max(1, this.#markets.size));
    return Math.max(liveCandlesMin, Math.min(liveCandlesMax, share));
  }

  #takeGap(gap: Gap, feed: MarketFeed): void {
    let gaps = this.#gaps.get(feed);
    if (gaps === undefined) this.#gaps.set(feed, gaps = []);
    gaps.push(gap);
    if (gaps.length > GATEWAY_LIMITS.recentGapsMax * 1.25) {
      this.#gaps.set(feed, gaps.slice(-GATEWAY_LIMITS.recentGapsMax));
    }
  }
}

/** Returns early unless records were missed: floors only rise. */
function raise({ trade, ticker, candles }: MarketHistory, floorUs: number): void {
  if (floorUs <= trade.floorUs && floorUs <= ticker.floorUs && candles.floorUs >= floorUs) return;
  trade.raise(floorUs);
  ticker.raise(floorUs);
  candles.raise(floorUs);
}
