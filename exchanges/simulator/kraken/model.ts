import type { KrakenPair } from "./frames.ts";
import type { KrakenFeed, KrakenSubscription } from "./session.ts";
import type { ModelExchange } from "../model/exchange.ts";
import { KrakenMarketPublisher } from "./publisher.ts";

/** Kraken's channels, fed by the market model. */
export class KrakenModelFeed implements KrakenFeed {
  #exchange: ModelExchange;
  #desks: KrakenMarketPublisher[];
  #bySymbol = new Map<string, KrakenMarketPublisher>();
  #pairs: KrakenPair[];
  #nowUs: () => number;
  #begin: () => void;

  /** `begin` is called at the first subscription of market data. */
  constructor(exchange: ModelExchange, nowUs: () => number, begin: () => void) {
    this.#exchange = exchange;
    this.#nowUs = nowUs;
    this.#begin = begin;
    this.#desks = exchange.markets.map((market) => new KrakenMarketPublisher(market));
    this.#pairs = this.#desks.map((desk) => desk.pair);
    for (const desk of this.#desks) this.#bySymbol.set(desk.pair.symbol, desk);
  }

  nowUs(): number {
    return this.#nowUs();
  }

  pairs(): readonly KrakenPair[] {
    return this.#pairs;
  }

  offersDepth(): boolean {
    return true;
  }

  acknowledges(): boolean {
    return false;
  }

  subscribed(subscription: KrakenSubscription): void {
    subscription.session.connection.playing = true;
    this.#begin();
    this.#bySymbol.get(subscription.symbol)?.add(subscription, this.#nowUs());
  }

  unsubscribed(subscription: KrakenSubscription): void {
    this.#bySymbol.get(subscription.symbol)?.remove(subscription);
    const { session } = subscription;
    session.connection.playing = [...session.subscriptions].length > 0;
  }

  /** Does the next event of the model and sends what came of it. */
  emit(atUs: number): void {
    this.#desks[this.#exchange.step()]?.publish(atUs);
  }
}
