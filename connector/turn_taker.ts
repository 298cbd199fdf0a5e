import { comparePositions, parsePosition } from "@ssmd/archive";
import { type MarketEvent, recordKind, TURN_OVERLAP_US, turnsOf } from "@ssmd/market";
import { type Logger, nowUs } from "@ssmd/runtime";
import type { Publisher } from "@ssmd/transport";
import type { Connection } from "./connection.ts";
import type { FeedTurns } from "./feed_turns.ts";
import type { Pipeline } from "./pipeline.ts";
import type { ReplayOptions } from "./replay.ts";
import type { Segment } from "./segment.ts";
import { RecordContent } from "./told_before.ts";
import { replayUpTo, segmentsFrom } from "./turn_replay.ts";

/** Options of {@linkcode TurnTaker}. */
export interface TurnTakerOptions extends Omit<ReplayOptions, "turns"> {
  turns: FeedTurns;
  run: string;
  /** The spool's folder. */
  dir: string;
  connections: readonly Connection[];
  pipeline: Pipeline;
  publisher: Publisher;
  /** What comes next begins a segment of the spool. */
  cutSpool: () => void;
  /** Whether a closed segment stands in storage, or is gone. */
  isWritten: (segment: Segment) => boolean;
  /** The turn has begun, and its records are on their way. */
  onTelling: () => void;
  /** The turn cannot be told. */
  onFailed: (error: unknown) => void;
  logger: Logger;
}

/** Who stands by keeps so many µs of lines on disk, for what the other one does not tell any more. */
const STANDBY_REACH_US = 120_000_000;

/**
 * Stands by while another connector tells the feed, and takes over when it is gone: the lines since
 * then are read once more from the spool, so that the turn begins where the other one ended.
 */
export class TurnTaker {
  #options: TurnTakerOptions;
  #taking: Promise<void> | undefined;
  #isOver = false;
  /** When the other one was last known to tell, µs. */
  #standbyUs = nowUs();
  /** The segments of the turn's begin are kept until their records are stored. */
  #pin: { fromUs: number; id: string; last: Segment | undefined } | undefined;

  /** Stands by. */
  constructor(options: TurnTakerOptions) {
    this.#options = options;
  }

  /** Before the first line: the turn begins with it when the lease is ours. */
  async begin(): Promise<void> {
    const { turns, run, connections, onTelling, logger } = this.#options;
    if (!turns.isHeld) {
      logger.info("another connector tells this feed: this one captures and stands by");
      return;
    }
    await turns.take();
    for (const { translator } of connections) translator.setTurns(turnsOf(run, turns.known));
    onTelling();
  }

  /** Several times a second. */
  look(): void {
    const { turns, onFailed } = this.#options;
    if (this.#isOver || turns.isTelling || this.#taking !== undefined) return;
    this.#taking = this.#take().catch(onFailed).finally(() => this.#taking = undefined);
  }

  /** Takes no turn any more; waits for one that is being taken. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#taking;
  }

  /** A segment of the spool is whole. */
  segmentClosed(segment: Segment): void {
    if (this.#pin !== undefined) this.#pin.last ??= segment;
  }

  /** Segments with lines from here on are read once more; µs, Infinity = none. */
  pinnedUs(): number {
    if (this.#taking !== undefined) return this.#pin?.fromUs ?? this.#standbyUs - STANDBY_REACH_US;
    if (this.#pin === undefined) {
      // No later run tells what this one has got while it stood by.
      const isStandby = !this.#isOver && !this.#options.turns.isTelling;
      return isStandby ? this.#standbyUs - STANDBY_REACH_US : Infinity;
    }
    const { last, id, fromUs } = this.#pin;
    if (last === undefined || !this.#options.isWritten(last) || !this.#isStored(id)) return fromUs;
    this.#pin = undefined;
    return Infinity;
  }

  async #take(): Promise<void> {
    const { turns, dir, run, onTelling } = this.#options;
    const answer = await turns.tryAcquire();
    if (answer !== "ours") {
      if (answer === "held") this.#standbyUs = nowUs();
      return;
    }
    const { reachUs } = await segmentsFrom({ dir, run, fromUs: -Infinity });
    const { fromUs } = await turns.take(reachUs, (...before) => this.#findCuts(...before));
    this.#pin = { fromUs: fromUs - TURN_OVERLAP_US, id: "", last: undefined };
    await this.#tell(fromUs);
    onTelling();
  }

  /** Both have received the same: the lines here whose records the other one has told last. */
  async #findCuts(
    fromUs: number,
    last: ReadonlyMap<string, string>,
  ): Promise<Record<string, number>> {
    const { dir, run, pipeline } = this.#options;
    const cuts: Record<string, number> = {};
    const content = new RecordContent();
    const untold = (event: MarketEvent) => {
      const { receivedAtUs: atUs } = event;
      if (atUs < fromUs || atUs > fromUs + TURN_OVERLAP_US) return;
      const kind = recordKind(event);
      if (last.get(kind) === content.of(event)) cuts[kind] = atUs;
    };
    const { segments } = await segmentsFrom({ dir, run, fromUs });
    await replayUpTo({ ...this.#options, untold, turns: [] }, segments, pipeline.line);
    return cuts;
  }

  async #tell(fromUs: number): Promise<void> {
    const { turns, dir, run, connections, pipeline, cutSpool } = this.#options;
    const tap = pipeline.tap();
    const { segments } = await segmentsFrom({ dir, run, fromUs });
    const options = { ...this.#options, turns: turns.known };
    const replay = await replayUpTo(options, segments, tap.afterLine);
    for (const line of tap.end()) replay?.pending(line);
    for (const [i, { translator }] of connections.entries()) {
      const other = replay?.translators[i];
      if (other === undefined) translator.setTurns(turnsOf(run, turns.known));
      else translator.goOnAs(other);
    }
    const given = replay?.takeGiven();
    if (given !== undefined) pipeline.addGiven(given);
    if (this.#pin !== undefined) {
      this.#pin = { ...this.#pin, id: given?.lastId ?? "", last: undefined };
    }
    // Those that were begun by now do not count the turn's records.
    cutSpool();
  }

  #isStored(id: string): boolean {
    const last = parsePosition(id);
    const stored = parsePosition(this.#options.publisher.acknowledgedId);
    return last === undefined || (stored !== undefined && comparePositions(stored, last) >= 0);
  }
}
