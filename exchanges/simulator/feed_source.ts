import { CaptureStage } from "./capture_source.ts";
import { nowUs } from "@ssmd/runtime";
import type { Connection, Session } from "./connection.ts";
import { KalshiSession } from "./kalshi/session.ts";
import { KrakenSession } from "./kraken/session.ts";
import { ModelExchange } from "./model/exchange.ts";
import { KalshiModelFeed } from "./kalshi/model.ts";
import { KALSHI_SYMBOLS, kalshiMarket } from "./kalshi/symbols.ts";
import { KrakenModelFeed } from "./kraken/model.ts";
import { KRAKEN_SYMBOLS, krakenMarket } from "./kraken/symbols.ts";
import { Random } from "./model/prng.ts";
import type { ModelSource, SimulatedVenue, SimulatorOptions } from "./options.ts";
import { Player } from "./player.ts";
import type { Signal } from "./notifier.ts";
import { type FeedSource, START_DELAY_MS } from "./feed_source_contract.ts";

/** Makes the stage for the options. */
export function openFeedSource(options: SimulatorOptions, progress: Signal): Promise<FeedSource> {
  const { source, venue } = options;
  if (source.type === "model") {
    return Promise.resolve(new ModelStage(venue, source, progress));
  }
  return CaptureStage.open(venue, source, progress);
}

/** The seeded market model. */
class ModelStage implements FeedSource {
  readonly player: Player;
  readonly progress: Signal;
  #exchange: ModelExchange;
  #venue: SimulatedVenue;
  #feed: { kraken: KrakenModelFeed } | { kalshi: KalshiModelFeed };
  #ids: Random;
  #startUs: number | undefined;
  #played = 0;
  #events: number;
  #flush: () => void = () => {};
  #blocked: () => Promise<void> | undefined = () => undefined;

  constructor(venue: SimulatedVenue, source: ModelSource, progress: Signal) {
    this.progress = progress;
    this.#venue = venue;
    this.#startUs = source.startUs;
    this.#events = source.events ?? Infinity;
    this.#ids = new Random(source.seed, "connections");
    const named = source.symbols?.length ? source.symbols : undefined;
    const specs = venue === "kraken"
      ? (named ?? KRAKEN_SYMBOLS).map(krakenMarket)
      : (named ?? KALSHI_SYMBOLS).map(kalshiMarket);
    const { seed, ratePerSecond = 100 } = source;
    this.#exchange = new ModelExchange({ seed, specs, ratePerSecond });
    this.player = new Player({
      feed: {
        nextUs: () => this.#nextUs(),
        fill: () => Promise.resolve(false),
        emit: () => this.#emit(),
        pending: () => undefined,
      },
      speed: source.speed ?? 1,
      startUs: 0,
      flush: () => this.#flush(),
      blocked: () => this.#blocked(),
    });
    const clock = () => this.#epochUs() + this.player.nowUs();
    const begin = () => this.#begin();
    this.#feed = venue === "kraken"
      ? { kraken: new KrakenModelFeed(this.#exchange, clock, begin) }
      : {
        kalshi: new KalshiModelFeed({ exchange: this.#exchange, seed, nowUs: clock, begin }),
      };
  }

  #epochUs(): number {
    return this.#startUs ?? nowUs();
  }

  #begin(): void {
    this.player.start(START_DELAY_MS);
  }

  #nextUs(): number | undefined {
    this.#startUs ??= nowUs();
    return this.#played < this.#events ? this.#exchange.nextUs : undefined;
  }

  #emit(): void {
    this.#played++;
    const elapsedUs = this.#exchange.nextUs;
    const atUs = this.#epochUs() + elapsedUs;
    if ("kraken" in this.#feed) this.#feed.kraken.emit(atUs);
    else this.#feed.kalshi.emit(elapsedUs, atUs);
  }

  attach(flush: () => void, blocked: () => Promise<void> | undefined): void {
    this.#flush = flush;
    this.#blocked = blocked;
  }

  session(connection: Connection): Session {
    if ("kalshi" in this.#feed) return new KalshiSession(connection, this.#feed.kalshi);
    const id = `1${this.#ids.uint32().toString().padStart(10, "0")}${this.#venue.length}00000007`;
    return new KrakenSession(connection, this.#feed.kraken, id);
  }

  ownHeartbeats(): boolean {
    return false;
  }

  played(): number {
    return this.#played;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
