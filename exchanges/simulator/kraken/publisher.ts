import { isoOfUs } from "@ssmd/runtime";
import type { FrameKind } from "../faults.ts";
import type { KrakenPair } from "./frames.ts";
import type { KrakenSubscription } from "./session.ts";
import { textOfSteps } from "@ssmd/market";
import { bookSnapshotFrame, DepthView } from "./book.ts";
import type { ModelMarket, ModelTrade } from "../model/market.ts";

/** Trades in the snapshot of a subscription. */
const SNAPSHOT_TRADES = 50;
/** Most trades that REST returns. */
const RECENT_TRADES = 1000;

/** A published trade. */
interface RecentTrade {
  trade: ModelTrade & { isLimit: boolean };
  atUs: number;
}

/** One pair: its subscriptions and their frames. */
export class KrakenMarketPublisher {
  readonly pair: KrakenPair;
  readonly market: ModelMarket;
  #symbolText: string;
  #views = new Map<number, DepthView>();
  #subscriptions = new Set<KrakenSubscription>();
  #recent: RecentTrade[] = [];
  #volume = 0;
  #turnover = 0;
  #open: number;
  #low: number;
  #high: number;
  #bid = 0;
  #ask = 0;

  constructor(market: ModelMarket) {
    this.market = market;
    const { external, priceDecimals, sizeDecimals, typicalSize } = market.spec;
    this.pair = { symbol: external, priceDecimals, sizeDecimals };
    this.#symbolText = JSON.stringify(external);
    this.#open = this.#low = this.#high = market.lastPrice;
    this.#volume = typicalSize * 2_000;
    this.#turnover = this.#volume * market.lastPrice;
    this.#noteTop();
  }

  /** Recent trades, oldest first. */
  get recent(): readonly RecentTrade[] {
    return this.#recent.slice(-RECENT_TRADES);
  }

  /** Adds a subscription; sends its snapshot first. */
  add(subscription: KrakenSubscription, nowUs: number): void {
    this.#subscriptions.add(subscription);
    const { connection } = subscription.session;
    if (subscription.channel === "book") {
      this.#viewOf(subscription.depth).subscribers++;
      if (!subscription.snapshot) return;
      const { book } = this.market;
      const { symbol } = this.pair;
      connection.sendData(
        bookSnapshotFrame(symbol, book, {
          depth: subscription.depth,
          precision: this.pair,
          timestamp: isoOfUs(nowUs),
        }),
        "book",
      );
    } else if (subscription.snapshot) {
      if (subscription.channel === "ticker") {
        connection.sendData(this.#tickerFrame("snapshot", nowUs), "ticker");
      } else {
        const texts = this.#recent.slice(-SNAPSHOT_TRADES).map((each) => this.#tradeText(each));
        connection.sendData(this.#tradeFrame("snapshot", texts), "trade");
      }
    }
  }

  /** Removes a subscription. */
  remove(subscription: KrakenSubscription): void {
    if (!this.#subscriptions.delete(subscription) || subscription.channel !== "book") return;
    const view = this.#viewOf(subscription.depth);
    if (--view.subscribers > 0) return;
    this.#views.delete(view.depth);
    const { observers } = this.market;
    observers.splice(observers.indexOf(view), 1);
  }

  #viewOf(depth: number): DepthView {
    let view = this.#views.get(depth);
    if (view === undefined) {
      view = new DepthView(this.market.book, depth);
      this.#views.set(depth, view);
      this.market.observers.push(view);
    }
    return view;
  }

  /** Publishes the market's last step. */
  publish(nowUs: number): void {
    const timestamp = isoOfUs(nowUs);
    const { trades } = this.market;
    if (trades.length > 0) this.#publishTrades(trades, nowUs);
    for (const view of this.#views.values()) {
      const frame = view.take(this.#symbolText, this.pair, timestamp);
      if (frame === undefined) continue;
      this.#send("book", frame, (subscription) => subscription.depth === view.depth);
    }
    const moved = this.#noteTop();
    if (trades.length === 0 && !moved) return;
    let ticker: string | undefined;
    for (const subscription of this.#subscriptions) {
      if (subscription.channel !== "ticker") continue;
      if (subscription.trigger === "trades" ? trades.length === 0 : !moved) continue;
      ticker ??= this.#tickerFrame("update", nowUs);
      subscription.session.connection.sendData(ticker, "ticker");
    }
  }

  #send(channel: FrameKind, frame: string, wanted?: (of: KrakenSubscription) => boolean): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.channel !== channel) continue;
      if (wanted !== undefined && !wanted(subscription)) continue;
      subscription.session.connection.sendData(frame, channel);
    }
  }

  #noteTop(): boolean {
    const bid = this.market.book.bids.prices[0] ?? 0;
    const ask = this.market.book.asks.prices[0] ?? 0;
    const moved = bid !== this.#bid || ask !== this.#ask;
    this.#bid = bid;
    this.#ask = ask;
    return moved;
  }

  #publishTrades(trades: readonly ModelTrade[], atUs: number): void {
    for (const trade of trades) {
      this.#volume += trade.size;
      this.#turnover += trade.size * trade.price;
      this.#low = Math.min(this.#low, trade.price);
      this.#high = Math.max(this.#high, trade.price);
      this.#recent.push({ trade: { ...trade, isLimit: trade.id % 3 === 0 }, atUs });
    }
    const texts = this.#recent.slice(-trades.length).map((each) => this.#tradeText(each));
    if (this.#recent.length > 2 * RECENT_TRADES) {
      this.#recent.splice(0, this.#recent.length - RECENT_TRADES);
    }
    this.#send("trade", this.#tradeFrame("update", texts));
  }

  #tradeText({ trade, atUs }: RecentTrade): string {
    const { priceDecimals, sizeDecimals } = this.pair;
    const kind = trade.isLimit ? "limit" : "market";
    return `{"symbol":${this.#symbolText},"side":"${trade.takerBuys ? "buy" : "sell"}",` +
      `"price":${textOfSteps(trade.price, priceDecimals)},` +
      `"qty":${textOfSteps(trade.size, sizeDecimals)},"ord_type":"${kind}",` +
      `"trade_id":${trade.id},"timestamp":"${isoOfUs(atUs)}"}`;
  }

  #tradeFrame(type: "snapshot" | "update", texts: readonly string[]): string {
    return `{"channel":"trade","type":"${type}","data":[${texts.join(",")}]}`;
  }

  #tickerFrame(type: "snapshot" | "update", nowUs: number): string {
    const { priceDecimals, sizeDecimals } = this.pair;
    const { bids, asks } = this.market.book;
    const price = (steps: number) => textOfSteps(steps, priceDecimals);
    const size = (steps: number) => textOfSteps(steps, sizeDecimals);
    const last = this.market.lastPrice;
    const change = last - this.#open;
    return `{"channel":"ticker","type":"${type}","data":[{"symbol":${this.#symbolText},` +
      `"bid":${price(bids.prices[0] ?? 0)},"bid_qty":${size(bids.sizes[0] ?? 0)},` +
      `"ask":${price(asks.prices[0] ?? 0)},"ask_qty":${size(asks.sizes[0] ?? 0)},` +
      `"last":${price(last)},"volume":${size(this.#volume)},` +
      `"vwap":${price(Math.round(this.#turnover / this.#volume))},` +
      `"low":${price(this.#low)},"high":${price(this.#high)},"change":${price(change)},` +
      `"change_pct":${(100 * change / this.#open).toFixed(2)},"timestamp":"${isoOfUs(nowUs)}"}]}`;
  }
}
