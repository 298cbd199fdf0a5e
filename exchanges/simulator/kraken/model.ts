import type { Connection } from "../connection.ts";
import { Random } from "../model/prng.ts";
import type { SimulatorRequest } from "../server.ts";
import type { ModelFeed, ModelOptions, RestReply } from "../venue.ts";
import type { KrakenPair } from "./frames.ts";
import { KrakenMarketPublisher } from "./publisher.ts";
import { answerKrakenRest } from "./rest.ts";
import type { KrakenTrader } from "./trader.ts";
import { KrakenTrading } from "./trading.ts";
import { type KrakenFeed, KrakenSession, type KrakenSubscription } from "./session.ts";

/** Kraken's channels from the market model. */
export class KrakenModelFeed implements KrakenFeed, ModelFeed {
  #options: ModelOptions;
  #desks: KrakenMarketPublisher[];
  #bySymbol = new Map<string, KrakenMarketPublisher>();
  #pairs: KrakenPair[];
  #ids: Random;
  #trading: KrakenTrading;

  constructor(options: ModelOptions) {
    const { exchange, seed } = this.#options = options;
    this.#ids = new Random(seed, "connections");
    this.#desks = exchange.markets.map((market) => new KrakenMarketPublisher(market));
    this.#pairs = this.#desks.map((publisher) => publisher.pair);
    for (const publisher of this.#desks) this.#bySymbol.set(publisher.pair.symbol, publisher);
    this.#trading = new KrakenTrading(options, this.#desks);
  }

  session(connection: Connection): KrakenSession {
    const id = `1${this.#ids.uint32().toString().padStart(10, "0")}600000007`;
    return new KrakenSession(connection, this, id);
  }

  nowUs(): number {
    return this.#options.nowUs();
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
    this.#options.begin();
    this.#bySymbol.get(subscription.symbol)?.add(subscription, this.nowUs());
  }

  unsubscribed(subscription: KrakenSubscription): void {
    this.#bySymbol.get(subscription.symbol)?.remove(subscription);
    const { session } = subscription;
    session.connection.playing = [...session.subscriptions].length > 0;
  }

  trader(connection: Connection): KrakenTrader {
    return this.#trading.trader(connection);
  }

  rest(request: SimulatorRequest): RestReply {
    const fees = this.#trading.options;
    return this.#trading.rest(request) ??
      answerKrakenRest(request.url, { publishers: this.#desks, fees, nowUs: this.nowUs() });
  }

  /** Runs the model's next event and publishes its results. */
  emit(_elapsedUs: number, atUs: number): void {
    const publisher = this.#desks[this.#options.exchange.step()];
    if (publisher === undefined) return;
    publisher.publish(atUs);
    this.#trading.settle(publisher.market);
  }
}
