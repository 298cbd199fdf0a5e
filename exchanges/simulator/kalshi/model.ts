import type { Connection } from "../connection.ts";
import type { ModelFeed, ModelOptions } from "../venue.ts";
import { KalshiLifecycle } from "./lifecycle.ts";
import { KalshiMarketPublisher } from "./publisher.ts";
import { type KalshiFeed, KalshiSession } from "./session.ts";
import type { KalshiSubscription } from "./subscription.ts";

/** Kalshi's channels, fed by the market model. */
export class KalshiModelFeed implements KalshiFeed, ModelFeed {
  #options: ModelOptions;
  #desks: KalshiMarketPublisher[];
  #byTicker = new Map<string, KalshiMarketPublisher>();
  #lifecycle: KalshiLifecycle;
  #lifecycleSubscriptions = new Set<KalshiSubscription>();

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#desks = options.exchange.markets.map((market) =>
      new KalshiMarketPublisher(market, options.seed)
    );
    for (const publisher of this.#desks) this.#byTicker.set(publisher.ticker, publisher);
    this.#lifecycle = new KalshiLifecycle(options.seed);
  }

  session(connection: Connection): KalshiSession {
    return new KalshiSession(connection, this);
  }

  nowUs(): number {
    return this.#options.nowUs();
  }

  acknowledges(): boolean {
    return false;
  }

  sidsFrom(): number {
    return 1;
  }

  sidOf(): undefined {
    return undefined;
  }

  mute(): boolean {
    return false;
  }

  subscribed(subscription: KalshiSubscription): void {
    subscription.session.connection.playing = true;
    this.#options.begin();
    if (subscription.channel === "market_lifecycle_v2") {
      this.#lifecycleSubscriptions.add(subscription);
      return;
    }
    for (const publisher of this.#desks) {
      if (!subscription.accepts(publisher.ticker)) continue;
      if (subscription.channel === "orderbook_delta") publisher.snapshot(subscription);
      else if (subscription.channel === "ticker" && subscription.options.sendSnapshot) {
        publisher.sendTicker(subscription, this.nowUs());
      }
      publisher.setSubscription(subscription);
    }
  }

  changed(subscription: KalshiSubscription, added: readonly string[]): void {
    for (const publisher of this.#desks) publisher.setSubscription(subscription);
    if (subscription.channel === "orderbook_delta") this.snapshots(subscription, added);
  }

  snapshots(subscription: KalshiSubscription, tickers: readonly string[]): void {
    for (const ticker of tickers) {
      if (subscription.accepts(ticker)) this.#byTicker.get(ticker)?.snapshot(subscription);
    }
  }

  unsubscribed(subscription: KalshiSubscription): void {
    this.#lifecycleSubscriptions.delete(subscription);
    for (const publisher of this.#desks) publisher.setSubscription(subscription, false);
    const { session } = subscription;
    session.connection.playing = [...session.subscriptions].some((other) => other !== subscription);
  }

  /** Does the next event of the model and sends what came of it. */
  emit(elapsedUs: number, atUs: number): void {
    this.#desks[this.#options.exchange.step()]?.publish(atUs);
    for (const body of this.#lifecycle.due(elapsedUs, atUs)) {
      for (const subscription of this.#lifecycleSubscriptions) {
        const { sid, seq } = subscription.nextNumber();
        subscription.session.connection.sendData(
          `{"type":"market_lifecycle_v2","sid":${sid},"seq":${seq},"msg":${body}}`,
          "trade",
        );
      }
    }
  }
}
