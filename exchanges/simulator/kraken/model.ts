import type { Connection } from "../connection.ts";
import { Random } from "../model/prng.ts";
import type { SimulatorRequest } from "../server.ts";
import type { ModelFeed, ModelOptions, RestReply } from "../venue.ts";
import type { KrakenPair } from "./frames.ts";
import { KrakenMarketPublisher } from "./publisher.ts";
import { answerKrakenRest } from "./rest.ts";
import { type KrakenFeed, KrakenSession, type KrakenSubscription } from "./session.ts";

/** Kraken's channels, fed by the market model. */
export class KrakenModelFeed implements KrakenFeed, ModelFeed {
  #options: ModelOptions;
  #desks: KrakenMarketPublisher[];
  #bySymbol = new Map<string, KrakenMarketPublisher>();
  #pairs: KrakenPair[];
  #ids: Random;

  constructor(options: ModelOptions) {
    const { exchange, seed } = this.#options = options;
    this.#ids = new Random(seed, "connections");
    this.#desks = exchange.markets.map((market) => new KrakenMarketPublisher(market));
    this.#pairs = this.#desks.map((publisher) => publisher.pair);
    for (const publisher of this.#desks) this.#bySymbol.set(publisher.pair.symbol, publisher);
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

  rest({ url }: SimulatorRequest): RestReply {
    return answerKrakenRest(url, this.#desks, this.nowUs());
  }

  /** Does the next event of the model and sends what came of it. */
  emit(_elapsedUs: number, atUs: number): void {
    this.#desks[this.#options.exchange.step()]?.publish(atUs);
  }
}
