import type { Connection } from "../connection.ts";
import type { SimulatorRequest } from "../server.ts";
import type { ModelFeed, ModelOptions, RestReply } from "../venue.ts";
import { KalshiLifecycle } from "./lifecycle.ts";
import { KalshiListing, type LifeBody } from "./listing.ts";
import { answerMarketRest } from "./market_rest.ts";
import { KalshiPortfolio } from "./portfolio.ts";
import { KalshiMarketPublisher } from "./publisher.ts";
import { answerRest, RestRate } from "./rest.ts";
import { SeriesRoll } from "./series_roll.ts";
import { type KalshiFeed, KalshiSession } from "./session.ts";
import type { KalshiSubscription } from "./subscription.ts";
import { gridOf, kalshiMarket } from "./symbols.ts";

const REST_ROOT = "/trade-api/v2";

/** Kalshi's channels from the market model. */
export class KalshiModelFeed implements KalshiFeed, ModelFeed {
  #options: ModelOptions;
  #desks: KalshiMarketPublisher[];
  #byTicker = new Map<string, KalshiMarketPublisher>();
  #lifecycle: KalshiLifecycle;
  #lifecycleSubscriptions = new Set<KalshiSubscription>();
  #listing = new KalshiListing();
  #restRate = new RestRate();
  #rolls: SeriesRoll[];
  #isListed = false;
  #portfolio: KalshiPortfolio;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#desks = options.exchange.markets.map((market) =>
      new KalshiMarketPublisher(market, options.seed)
    );
    for (const publisher of this.#desks) this.#byTicker.set(publisher.ticker, publisher);
    this.#lifecycle = new KalshiLifecycle(options.seed);
    this.#rolls = options.rolls.map((roll) => new SeriesRoll(roll));
    this.#portfolio = new KalshiPortfolio(options, (ticker) => this.#byTicker.get(ticker));
  }

  /** Answers Kalshi's REST for the model's markets and those of its lifecycle messages. */
  rest(request: SimulatorRequest): RestReply {
    const { pathname: path, searchParams } = request.url;
    if (!path.startsWith(`${REST_ROOT}/`)) return undefined;
    this.#list();
    const below = path.slice(REST_ROOT.length);
    const refusal = this.#restRate.refusal();
    if (refusal !== undefined) return refusal;
    if (below.startsWith("/portfolio/")) return this.#portfolio.answer(request, below);
    return answerMarketRest(below, searchParams, this.#desks) ??
      answerRest(this.#listing.catalogue, below, searchParams);
  }

  /** Lists the markets that exist when the first client connects. */
  #list(): void {
    if (this.#isListed) return;
    this.#isListed = true;
    const nowUs = this.nowUs();
    for (const { ticker, market } of this.#desks) {
      this.#listing.add(ticker, nowUs, gridOf(market.spec.structure));
    }
    for (const roll of this.#rolls) this.#live(roll.due(nowUs), { elapsedUs: 0, nowUs });
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
    this.#list();
    subscription.session.connection.playing = true;
    this.#options.begin();
    if (subscription.channel === "market_lifecycle_v2") {
      this.#lifecycleSubscriptions.add(subscription);
      return;
    }
    this.#portfolio.feed.add(subscription);
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
    this.#portfolio.feed.delete(subscription);
    for (const publisher of this.#desks) publisher.setSubscription(subscription, false);
    const { session } = subscription;
    session.connection.playing = [...session.subscriptions].some((other) => other !== subscription);
  }

  /** Runs the model's next event and publishes its results. */
  emit(elapsedUs: number, atUs: number): void {
    const publisher = this.#desks[this.#options.exchange.step()];
    publisher?.publish(atUs);
    if (publisher !== undefined) this.#portfolio.settle(publisher.market);
    for (const body of this.#lifecycle.due(elapsedUs, atUs)) {
      this.#listing.note(JSON.parse(body), atUs);
      this.#tell(body);
    }
    for (const roll of this.#rolls) this.#live(roll.due(atUs), { elapsedUs, nowUs: atUs });
  }

  /** Applies lifecycle steps of rolling markets, whose books they open and close. */
  #live(bodies: readonly LifeBody[], at: { elapsedUs: number; nowUs: number }): void {
    for (const body of bodies) {
      this.#listing.note(body, at.nowUs);
      const { market_ticker: ticker, event_type: type } = body;
      // Orders rest from creation on; the book moves once the market opens.
      const openUs = at.elapsedUs + Math.max(0, (body.open_ts ?? 0) * 1e6 - at.nowUs);
      if (type === "created") this.#open(ticker, openUs);
      if (type === "determined") this.#close(ticker, body.result);
      if (body.price_level_structure !== undefined) {
        this.#byTicker.get(ticker)?.restructure(body.price_level_structure);
      }
      this.#tell(JSON.stringify(body));
    }
  }

  #open(ticker: string, openUs: number): void {
    const spec = kalshiMarket({ external: ticker, structure: "linear_cent" });
    const { exchange, seed } = this.#options;
    const publisher = new KalshiMarketPublisher(exchange.add(spec, openUs), seed);
    this.#desks.push(publisher);
    this.#byTicker.set(ticker, publisher);
  }

  #close(ticker: string, result: string | undefined): void {
    const i = this.#desks.findIndex((publisher) => publisher.ticker === ticker);
    const publisher = this.#desks[i];
    if (publisher === undefined) return;
    this.#portfolio.end(publisher.market, result);
    this.#desks.splice(i, 1);
    this.#byTicker.delete(ticker);
    this.#options.exchange.remove(i);
  }

  #tell(body: string): void {
    for (const subscription of this.#lifecycleSubscriptions) {
      const { sid, seq } = subscription.nextNumber();
      subscription.session.connection.sendData(
        `{"type":"market_lifecycle_v2","sid":${sid},"seq":${seq},"msg":${body}}`,
        "trade",
      );
    }
  }
}
