import type { Gap, MarketEvent } from "@ssmd/market";
import { type Logger, messageOf, nowUs } from "@ssmd/runtime";
import type { Connection } from "./connection.ts";
import type { FeedTurns } from "./feed_turns.ts";
import { missingName } from "./standby_board.ts";

/** Options of {@linkcode StandbyWatch}. */
export interface StandbyWatchOptions {
  turns: FeedTurns;
  connections: readonly Connection[];
  /** Whether all connections to the venue are open. */
  isConnected: () => boolean;
  logger: Logger;
}

/** Most time from a lost part to the last record, µs; dead channels show after 65 s. */
const GIVE_AWAY_REACH_US = 90_000_000;
/** Gap reasons of one's own connection; unreadable frames are so for the standby too. */
const OWN_REASONS: ReadonlySet<string> = new Set([
  ...["disconnect", "sequence", "checksum", "subscription"],
]);
/** Most turns given away within GIVEN_WITHIN_MS; clients must not see constant changes. */
const GIVEN_MAX = 6;
const GIVEN_WITHIN_MS = 600_000;
/** Least time between two beyond that. */
const GIVEN_EVERY_MS = 30_000;
/** Looks per read or post on the board. */
const BOARD_LOOKS = 2;

/** Compares what this connector and the standby capture, to decide which one publishes. */
export class StandbyWatch {
  #options: StandbyWatchOptions;
  #looks = 0;
  #looking = false;
  #wasConnected = false;
  /** Times of turns given away, ms. */
  #givenMs: number[] = [];
  /** Time from which nothing is missing here but open gaps, µs. */
  lastGoodAtUs: number = nowUs();

  constructor(options: StandbyWatchOptions) {
    this.#options = options;
  }

  /** Called several times a second: a standby posts its state, the publisher reads it. */
  look(): void {
    if (this.#looks++ % BOARD_LOOKS > 0 || this.#looking) return;
    const { turns, isConnected, logger } = this.#options;
    const wasConnected = this.#wasConnected;
    this.#wasConnected = isConnected();
    if (!wasConnected) this.lastGoodAtUs = nowUs();
    if (!turns.isTelling && !this.#wasConnected) return;
    this.#looking = true;
    const look = turns.isTelling
      ? turns.board.look()
      : turns.board.post({ lastGoodAtUs: this.lastGoodAtUs, open: [...this.#missing()] });
    void look.catch((error) =>
      logger.debug("the bus does not say who stands by", { error: messageOf(error) })
    ).finally(() => this.#looking = false);
  }

  /** Notes a record that another run publishes. */
  untold(event: MarketEvent): void {
    if (event.type === "gap") this.lastGoodAtUs = event.receivedAtUs + 1;
  }

  /** Whether a standby has everything that this connector has. */
  get isBacked(): boolean {
    const { turns } = this.#options;
    return turns.isTelling && turns.board.isBacked(this.#missing());
  }

  /** Returns whether the standby has the data of a gap after a record of `lastUs`, and all else. */
  hasInstead(gap: Gap, lastUs: number): boolean {
    return OWN_REASONS.has(gap.reason) && gap.fromUs >= lastUs - GIVE_AWAY_REACH_US &&
      this.#mayGive() && this.#options.turns.board.hasInstead(gap, this.#missing());
  }

  /** Returns whether the standby has something that is missing here, and all else. */
  hasMore(): boolean {
    return this.#mayGive() && this.#options.turns.board.hasMore(this.#missing());
  }

  /** Notes that a turn is given away. */
  given(): void {
    this.#givenMs.push(performance.now());
    this.lastGoodAtUs = nowUs();
  }

  #mayGive(): boolean {
    const fromMs = performance.now() - GIVEN_WITHIN_MS;
    this.#givenMs = this.#givenMs.filter((atMs) => atMs > fromMs);
    const lastMs = this.#givenMs.at(-1) ?? -Infinity;
    return this.#givenMs.length < GIVEN_MAX || performance.now() - lastMs > GIVEN_EVERY_MS;
  }

  #missing(): ReadonlySet<string> {
    const { connections, isConnected } = this.#options;
    const open = connections.flatMap(({ translator }) => translator.openGaps ?? []);
    return new Set([...open.map(missingName), ...(isConnected() ? [] : ["_all all"])]);
  }
}
