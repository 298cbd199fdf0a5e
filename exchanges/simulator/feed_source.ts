import { nowUs } from "@ssmd/runtime";
import { CaptureStage } from "./capture_source.ts";
import type { Connection, Session } from "./connection.ts";
import { type FeedSource, START_DELAY_MS } from "./feed_source_contract.ts";
import { ModelExchange } from "./model/exchange.ts";
import type { Notifier } from "./notifier.ts";
import type { ModelSource, SimulatorOptions } from "./options.ts";
import { Player } from "./player.ts";
import type { SimulatorRequest } from "./server.ts";
import type { ModelFeed, RestReply } from "./venue.ts";
import { VENUES } from "./venues.ts";

/** Clock step above which a real-time model follows the system's clock. */
const CLOCK_STEP_US = 1_000_000;

/** Opens the feed source of the options. */
export function openFeedSource(options: SimulatorOptions, progress: Notifier): Promise<FeedSource> {
  const { source, venue } = options;
  if (source.type === "capture") return CaptureStage.open(venue, source, progress);
  return Promise.resolve(new ModelStage(options, source, progress));
}

/** Feed source of the seeded market model. */
class ModelStage implements FeedSource {
  readonly player: Player;
  readonly progress: Notifier;
  #exchange: ModelExchange;
  #feed: ModelFeed;
  #startUs: number | undefined;
  /** Whether it runs in real time from now. */
  #isOfNow: boolean;
  #played = 0;
  #events: number;
  #flush: () => void = () => {};
  #blocked: () => Promise<void> | undefined = () => undefined;

  constructor(options: SimulatorOptions, source: ModelSource, progress: Notifier) {
    const venue = VENUES[options.venue];
    this.progress = progress;
    this.#startUs = source.startUs;
    this.#isOfNow = source.startUs === undefined && (source.speed ?? 1) === 1;
    this.#events = source.events ?? Infinity;
    const specs = venue.markets(source.symbols?.length ? source.symbols : undefined);
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
    this.#feed = venue.modelFeed({
      ...{ exchange: this.#exchange, seed, rolls: source.rolls ?? [] },
      trading: options.trading ?? {},
      nowUs: () => this.#epochUs() + this.player.nowUs(),
      begin: () => this.player.start(START_DELAY_MS),
      flush: () => this.#flush(),
    });
  }

  #epochUs(): number {
    return this.#startUs ?? nowUs();
  }

  #nextUs(): number | undefined {
    this.#startUs ??= nowUs();
    if (this.#isOfNow) {
      const offUs = nowUs() - this.#startUs - this.player.nowUs();
      if (Math.abs(offUs) > CLOCK_STEP_US) this.#startUs += offUs;
    }
    return this.#played < this.#events ? this.#exchange.nextUs : undefined;
  }

  #emit(): void {
    this.#played++;
    const elapsedUs = this.#exchange.nextUs;
    this.#feed.emit(elapsedUs, this.#epochUs() + elapsedUs);
  }

  attach(flush: () => void, blocked: () => Promise<void> | undefined): void {
    this.#flush = flush;
    this.#blocked = blocked;
  }

  session(connection: Connection): Session {
    return this.#feed.session(connection);
  }

  ownHeartbeats(): boolean {
    return false;
  }

  played(): number {
    return this.#played;
  }

  rest(request: SimulatorRequest): RestReply {
    return this.#feed.rest?.(request);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
