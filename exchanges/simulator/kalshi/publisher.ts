import { isoOfUs } from "@ssmd/runtime";
import { type BookSide, type BookSideName, textOfSteps } from "@ssmd/market";
import type { KalshiSubscription } from "./subscription.ts";
import { DOLLAR } from "./symbols.ts";
import type { LevelObserver, ModelMarket, ModelTrade } from "../model/market.ts";
import { Random } from "../model/prng.ts";

/** Conflation interval of tickers, about that of the venue. */
const TICKER_EVERY_US = 100_000;

/** Trades kept for REST, at least. */
const RECENT_TRADES = 500;

/** A published trade. */
interface RecentTrade {
  id: string;
  trade: ModelTrade;
  atUs: number;
}

/** Price of `steps` tenths of a cent, in the venue's format. */
export function dollarText(steps: number): string {
  return textOfSteps(steps * 10, 4);
}

/** Number of contracts, from hundredths. */
export function contractsText(hundredths: number): string {
  return textOfSteps(hundredths, 2);
}

/** RFC 3339 without trailing zeros of the fraction. */
function timeText(us: number): string {
  return isoOfUs(us).replace(/\.?0+Z$/, "Z");
}

interface Delta {
  side: BookSideName;
  price: number;
  change: number;
}

/** One market: its subscriptions and their frames. */
export class KalshiMarketPublisher implements LevelObserver {
  readonly ticker: string;
  readonly #marketId: string;
  readonly market: ModelMarket;
  #random: Random;
  #deltas: Delta[] = [];
  #books = new Set<KalshiSubscription>();
  #trades = new Set<KalshiSubscription>();
  #tickers = new Set<KalshiSubscription>();
  #recent: RecentTrade[] = [];
  #volume = 0;
  #turnover = 0;
  #openInterest = 0;
  #lastSize = 100;
  #tickedUs = -Infinity;
  #tickerDue = false;

  /** `seed` determines the identifiers. */
  constructor(market: ModelMarket, seed: number) {
    this.market = market;
    this.ticker = market.spec.external;
    this.#random = new Random(seed, `ids ${this.ticker}`);
    this.#marketId = this.#random.uuid();
    market.observers.push(this);
  }

  /** Recent trades, oldest first. */
  get recent(): readonly RecentTrade[] {
    return this.#recent;
  }

  /** Changes the price grid. */
  restructure(structure: string): void {
    this.market.spec.restructure?.(structure);
  }

  changed(
    side: BookSideName,
    price: number,
    { before, after }: { before: number; after: number },
  ): void {
    if (this.#books.size > 0) this.#deltas.push({ side, price, change: after - before });
    this.#tickerDue = true;
  }

  /** Adds a subscription that covers the market, or removes it. */
  setSubscription(
    subscription: KalshiSubscription,
    wanted = subscription.accepts(this.ticker),
  ): void {
    const set = {
      orderbook_delta: this.#books,
      trade: this.#trades,
      ticker: this.#tickers,
    }[subscription.channel];
    if (wanted) set?.add(subscription);
    else set?.delete(subscription);
  }

  /** Sends a snapshot of the book. */
  snapshot(to: KalshiSubscription): void {
    const { book } = this.market;
    const yes = sideText(book.bids, (price) => price);
    const no = sideText(
      book.asks,
      (price) => to.options.useYesPrice ? price : DOLLAR - price,
      to.options.useYesPrice,
    );
    const { sid, seq } = to.nextNumber();
    to.session.connection.sendData(
      `{"type":"orderbook_snapshot","sid":${sid},"seq":${seq},"msg":{"market_ticker":"${this.ticker}",` +
        `"market_id":"${this.#marketId}"${yes === "" ? "" : `,"yes_dollars_fp":[${yes}]`}` +
        `${no === "" ? "" : `,"no_dollars_fp":[${no}]`}}}`,
      "book",
    );
  }

  /** Publishes the market's last step. */
  publish(nowUs: number): void {
    const time = `"ts":"${timeText(nowUs)}","ts_ms":${Math.floor(nowUs / 1000)}`;
    for (const delta of this.#deltas) this.#publishDelta(delta, time);
    this.#deltas.length = 0;
    for (const trade of this.market.trades) this.#publishTrade(trade, nowUs);
    if (!this.#tickerDue || nowUs - this.#tickedUs < TICKER_EVERY_US) return;
    this.#tickedUs = nowUs;
    this.#tickerDue = false;
    if (this.#tickers.size === 0) return;
    for (const subscription of this.#tickers) this.sendTicker(subscription, nowUs);
  }

  #publishDelta(delta: Delta, time: string): void {
    const { side, price, change } = delta;
    const own = side === "bids" ? price : DOLLAR - price;
    const name = side === "bids" ? "yes" : "no";
    const rest = (steps: number) =>
      `,"msg":{"market_ticker":"${this.ticker}","market_id":"${this.#marketId}",` +
      `"price_dollars":"${dollarText(steps)}","delta_fp":"${contractsText(change)}",` +
      `"side":"${name}",${time}}}`;
    const text = rest(own);
    for (const subscription of this.#books) {
      const { sid, seq } = subscription.nextNumber();
      const body = subscription.options.useYesPrice && own !== price ? rest(price) : text;
      subscription.session.connection.sendData(
        `{"type":"orderbook_delta","sid":${sid},"seq":${seq}${body}`,
        "book",
      );
    }
  }

  #publishTrade(trade: ModelTrade, nowUs: number): void {
    this.#volume += trade.size;
    this.#turnover += trade.size * trade.price;
    this.#openInterest += Math.round(trade.size * (this.#random.unit() - 0.45));
    this.#openInterest = Math.max(0, this.#openInterest);
    this.#lastSize = trade.size;
    const id = this.#random.uuid();
    this.#recent.push({ id, trade: { ...trade }, atUs: nowUs });
    if (this.#recent.length > 2 * RECENT_TRADES) this.#recent.splice(0, RECENT_TRADES);
    if (this.#trades.size === 0) return;
    const taker = trade.takerBuys ? "yes" : "no";
    const body = `,"msg":{"trade_id":"${id}","market_ticker":"${this.ticker}",` +
      `"yes_price_dollars":"${dollarText(trade.price)}",` +
      `"no_price_dollars":"${dollarText(DOLLAR - trade.price)}",` +
      `"count_fp":"${contractsText(trade.size)}","taker_side":"${taker}",` +
      `"taker_outcome_side":"${taker}","taker_book_side":"${trade.takerBuys ? "bid" : "ask"}",` +
      `"is_block_trade":false,"ts":${Math.floor(nowUs / 1e6)},"ts_ms":${
        Math.floor(nowUs / 1000)
      }}}`;
    for (const subscription of this.#trades) {
      const { sid, seq } = subscription.nextNumber();
      subscription.session.connection.sendData(
        `{"type":"trade","sid":${sid},"seq":${seq}${body}`,
        "trade",
      );
    }
  }

  /** Sends a ticker. */
  sendTicker(to: KalshiSubscription, nowUs: number): void {
    const { bids, asks } = this.market.book;
    const money = Math.floor(this.#turnover / DOLLAR / 100);
    to.session.connection.sendData(
      `{"type":"ticker","sid":${to.sid},"msg":{"market_ticker":"${this.ticker}",` +
        `"market_id":"${this.#marketId}","price_dollars":"${dollarText(this.market.lastPrice)}",` +
        `"yes_bid_dollars":"${dollarText(bids.prices[0] ?? 0)}",` +
        `"yes_ask_dollars":"${dollarText(asks.prices[0] ?? DOLLAR)}",` +
        `"volume_fp":"${contractsText(this.#volume)}",` +
        `"open_interest_fp":"${contractsText(this.#openInterest)}","dollar_volume":${money},` +
        `"dollar_open_interest":${Math.floor(this.#openInterest / 200)},` +
        `"yes_bid_size_fp":"${contractsText(bids.sizes[0] ?? 0)}",` +
        `"yes_ask_size_fp":"${contractsText(asks.sizes[0] ?? 0)}",` +
        `"last_trade_size_fp":"${contractsText(this.#lastSize)}",` +
        `"ts":${Math.floor(nowUs / 1e6)},"ts_ms":${Math.floor(nowUs / 1000)},` +
        `"time":"${timeText(nowUs)}"}}`,
      "ticker",
    );
  }
}

/** Levels by ascending price: worst first, as in the venue's two sides of bids. */
function sideText(side: BookSide, price: (steps: number) => number, reverse = false): string {
  const levels = side.prices.map((steps, i) =>
    `["${dollarText(price(steps))}","${contractsText(side.sizes[i] ?? 0)}"]`
  );
  if (!reverse) levels.reverse();
  return levels.join(",");
}
