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

/** What was lost longer before the last record is not told by the other one, µs; a dead channel is seen after 65 s. */
const GIVE_AWAY_REACH_US = 90_000_000;
/** Reasons of gaps of one's own connection; what cannot be read, the other one cannot read either. */
const OWN_REASONS: ReadonlySet<string> = new Set([
  ...["disconnect", "sequence", "checksum", "subscription"],
]);
/** Turns that are given away in a time: where both are bad, clients are not to see each change. */
const GIVEN_MAX = 6;
const GIVEN_WITHIN_MS = 600_000;
/** Beyond that: time between two. */
const GIVEN_EVERY_MS = 30_000;
/** Looks between two on the board. */
const BOARD_LOOKS = 2;

/** Knows what this connector and the one that stands by capture, and so which of them is to tell. */
export class StandbyWatch {
  #options: StandbyWatchOptions;
  #looks = 0;
  #looking = false;
  #wasConnected = false;
  /** When turns were given away, ms. */
  #givenMs: number[] = [];
  /** Since when nothing is missing here that is not open, µs. */
  lastGoodAtUs: number = nowUs();

  /** Nothing is known yet. */
  constructor(options: StandbyWatchOptions) {
    this.#options = options;
  }

  /** Several times a second: who stands by says so, who tells reads it. */
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

  /** A record that another run tells. */
  untold(event: MarketEvent): void {
    if (event.type === "gap") this.lastGoodAtUs = event.receivedAtUs + 1;
  }

  /** Whether another connector stands by that has all that this one has. */
  get isBacked(): boolean {
    const { turns } = this.#options;
    return turns.isTelling && turns.board.isBacked(this.#missing());
  }

  /** Whether the other one has what a gap behind a record of `lastUs` is about, and all else. */
  hasInstead(gap: Gap, lastUs: number): boolean {
    return OWN_REASONS.has(gap.reason) && gap.fromUs >= lastUs - GIVE_AWAY_REACH_US &&
      this.#mayGive() && this.#options.turns.board.hasInstead(gap, this.#missing());
  }

  /** Whether the other one has something that is missing here, and all else. */
  hasMore(): boolean {
    return this.#mayGive() && this.#options.turns.board.hasMore(this.#missing());
  }

  /** A turn is given away. */
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
