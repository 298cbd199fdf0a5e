import { comparePositions, parsePosition } from "@ssmd/archive";
import {
  type Gap,
  type MarketEvent,
  recordKind,
  type Turn,
  TURN_OVERLAP_US,
  type TurnEnd,
  turnsOf,
} from "@ssmd/market";
import { messageOf, nowUs, sleep, SsmdError } from "@ssmd/runtime";
import type { OutMessage, Publisher } from "@ssmd/transport";
import type { CutSearch } from "./feed_turns.ts";
import type { Pipeline } from "./pipeline.ts";
import type { ReplayOptions } from "./replay.ts";
import type { Segment } from "./segment.ts";
import { StandbyWatch, type StandbyWatchOptions } from "./standby_watch.ts";
import { RecordContent } from "./feed_before.ts";
import { replayUpTo, segmentsFrom } from "./turn_replay.ts";

/** Options of {@linkcode TurnTaker}. */
interface TurnTakerOptions extends Omit<ReplayOptions, "turns">, StandbyWatchOptions {
  run: string;
  /** The spool's folder. */
  dir: string;
  pipeline: Pipeline;
  publisher: Publisher;
  /** Resolves when the bus has acknowledged everything published. */
  flush: () => Promise<void>;
  /** Returns the symbols that another shard owns by now. */
  leaveReleased: () => Promise<Turn["released"]>;
  /** Makes the next line start a new spool segment. */
  cutSpool: () => void;
  /** Returns whether a closed segment is in storage, or deleted. */
  isWritten: (segment: Segment) => boolean;
  /** Called when the turn has started and its records are queued. */
  onTelling: () => void;
  /** Called when the turn was given away; this connector is a standby. */
  onStandby: () => void;
  /** Called when the turn cannot be published. */
  onFailed: (error: unknown) => void;
}

/** Lines that a standby keeps on disk to cover the end of the other connector, µs. */
const STANDBY_REACH_US = 120_000_000;
const FLUSH_MS_MAX = 3_000;
/** Looks during which a turn given away is left to the other connector. */
const LOOKS_LEFT = 12;
/**
 * Runs a standby: takes over when the publishing connector is gone, and replays its own lines since
 * then from the spool, so that the turn starts where the other one ended.
 */
export class TurnTaker {
  #options: TurnTakerOptions;
  #watch: StandbyWatch;
  #taking: Promise<void> | undefined;
  #isOver = false;
  /** When the other one was last known to publish, µs. */
  #standbyUs = nowUs();
  #looks = 0;
  /** Look number up to which the other connector may take a turn given away. */
  #leftUntil = 0;
  /** Last line of this run's turn that was given away. */
  #reportedLine = 0;
  /** End of that turn, µs; 0 = none. */
  #ownEndUs = 0;
  /** Keeps the segments of the turn's start until their records are stored. */
  #pin: { fromUs: number; id: string; last: Segment | undefined } | undefined;

  constructor(options: TurnTakerOptions) {
    this.#options = options;
    this.#watch = new StandbyWatch(options);
  }

  /** Called before the first line: starts the turn when the lease is held here. */
  async begin(): Promise<void> {
    const { turns, run, connections, onTelling, logger } = this.#options;
    if (!turns.isHeld) {
      logger.info("another connector publishes this feed: this one captures as the standby");
      return;
    }
    await turns.take();
    for (const { translator } of connections) translator.setTurns(turnsOf(run, turns.known));
    onTelling();
  }

  /** Called several times a second. */
  look(): void {
    const { turns, pipeline, onFailed } = this.#options;
    this.#looks++;
    if (this.#isOver || this.#taking !== undefined) return;
    this.#watch.look();
    if (turns.isTelling) {
      // A gap that was open before the standby could cover it.
      if (!this.#mayEnd || !this.#watch.hasMore()) return;
      return this.#giveAway({ line: pipeline.line, why: "the other one captures more" });
    }
    if (this.#looks < this.#leftUntil) return;
    this.#taking = this.#take().catch(onFailed).finally(() => this.#taking = undefined);
  }

  /** Whether a turn is being taken or given away, so that published records are incomplete. */
  get isChanging(): boolean {
    return this.#taking !== undefined;
  }

  /** Whether a standby has everything that this connector has. */
  get isBacked(): boolean {
    return this.#watch.isBacked;
  }

  /** Notes a record that another run publishes. */
  untold(event: MarketEvent): void {
    this.#watch.untold(event);
  }

  /**
   * Returns whether the standby can cover a gap of this run's turn; if so, the turn ends before the
   * current line.
   */
  givesAway(gap: Gap): boolean {
    const { pipeline } = this.#options;
    const { receivedAtUs: lastUs = Infinity } = pipeline.lastRecord ?? {};
    if (!this.#mayEnd || !this.#watch.hasInstead(gap, lastUs)) return false;
    this.#giveAway({ line: pipeline.line - 1, lastGoodAtUs: gap.fromUs, why: gap.detail });
    return true;
  }

  /** Whether a turn with published records can be given away now. */
  get #mayEnd(): boolean {
    const { turns, pipeline } = this.#options;
    return !this.#isOver && turns.isFresh && this.#taking === undefined &&
      pipeline.lastRecord !== undefined;
  }

  /** Ends the turn at the last record published and gives it to the standby. */
  #giveAway(
    { line, lastGoodAtUs, why }: { line: number; lastGoodAtUs?: number; why: string },
  ): void {
    const { turns, run, connections, pipeline, logger, onFailed } = this.#options;
    const { receivedAtUs: atUs, sequence, connection = 0 } = pipeline.lastRecord as MarketEvent;
    const end: TurnEnd = { run, connection, atUs, sequence };
    const own = turnsOf(run, turns.known);
    const ended = own.map((turn, i) => i < own.length - 1 ? turn : { ...turn, end });
    for (const { translator } of connections) translator.setTurns(ended);
    this.#reportedLine = line;
    this.#ownEndUs = atUs;
    this.#standbyUs = nowUs();
    this.#watch.given();
    logger.warn("the feed is handed over to the standby connector", { why });
    this.#taking = this.#handOver(lastGoodAtUs).catch(onFailed).finally(() =>
      this.#taking = undefined
    );
  }

  async #handOver(lastGoodAtUs: number | undefined): Promise<void> {
    const { turns, logger, onStandby, onTelling } = this.#options;
    try {
      await this.#flush();
      await turns.giveAway(lastGoodAtUs);
    } catch (error) {
      logger.warn("the feed cannot be handed over: this connector keeps publishing it", {
        error: messageOf(error),
      });
      if (!turns.isTelling) return onStandby();
      await this.#tell(this.#ownEndUs);
      return onTelling();
    }
    this.#leftUntil = this.#looks + LOOKS_LEFT;
    onStandby();
  }

  async #flush(): Promise<void> {
    const flushDone = new AbortController();
    const isFlushed = await Promise.race([
      this.#options.flush().then(() => true),
      sleep(FLUSH_MS_MAX, flushDone.signal),
    ]);
    flushDone.abort();
    if (isFlushed !== true) {
      throw new SsmdError("BUS_SLOW", "The bus does not acknowledge what was told");
    }
  }

  /** Takes no further turn; waits for a change in progress. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#taking;
  }

  /** Notes that a segment was closed. */
  segmentClosed(segment: Segment): void {
    if (this.#pin !== undefined) this.#pin.last ??= segment;
  }

  /** Time from which segments will be replayed, µs; Infinity = none. */
  pinnedUs(): number {
    if (this.#taking !== undefined) return this.#pin?.fromUs ?? this.#standbyUs - STANDBY_REACH_US;
    if (this.#pin === undefined) {
      // Once ended nothing is pinned: no later run publishes a standby's lines.
      const isStandby = !this.#isOver && !this.#options.turns.isTelling;
      return isStandby ? this.#standbyUs - STANDBY_REACH_US : Infinity;
    }
    const { last, id, fromUs } = this.#pin;
    if (last === undefined || !this.#options.isWritten(last) || !this.#isStored(id)) return fromUs;
    this.#pin = undefined;
    return Infinity;
  }

  async #take(): Promise<void> {
    const { turns, leaveReleased, onTelling } = this.#options;
    const answer = await turns.tryAcquire();
    if (answer !== "ours") {
      if (answer === "held") this.#standbyUs = nowUs();
      return;
    }
    const released = await leaveReleased();
    const { reachUs } = await this.#segmentsFrom(-Infinity);
    const turn = await turns.take({
      ...{ reachUs, wholeUs: this.#watch.lastGoodAtUs, ownEndUs: this.#ownEndUs },
      ...(released && { released }),
      findCuts: (search) => this.#findCuts(search),
    });
    const fromUs = Math.max(turn.fromUs, this.#ownEndUs);
    this.#pin = { fromUs: fromUs - TURN_OVERLAP_US, id: "", last: undefined };
    await this.#tell(fromUs);
    onTelling();
  }

  /**
   * Finds, by equal content, the lines here whose records the other one published last. Kinds
   * without a match are cut at the time of the other one's last record.
   */
  async #findCuts({ fromUs, endUs, last }: CutSearch): Promise<Record<string, number>> {
    const { pipeline } = this.#options;
    const found: Record<string, number> = {};
    const content = new RecordContent();
    const untold = (event: MarketEvent) => {
      const { receivedAtUs: atUs } = event;
      if (atUs < fromUs || atUs > endUs + TURN_OVERLAP_US) return;
      const kind = recordKind(event);
      const lastRecord = last.get(kind);
      if (lastRecord?.content !== content.of(event)) return;
      const knownUs = found[kind] ?? Infinity;
      // Equal content may repeat; the line nearest in time counts.
      if (Math.abs(atUs - lastRecord.atUs) <= Math.abs(knownUs - lastRecord.atUs)) {
        found[kind] = atUs;
      }
    };
    const { segments } = await this.#segmentsFrom(fromUs);
    await replayUpTo({ ...this.#options, untold, turns: [] }, segments, pipeline.line);
    const byTime = [...last].filter(([kind, { atUs }]) => atUs >= fromUs && !(kind in found));
    return { ...found, ...Object.fromEntries(byTime.map(([kind, { atUs }]) => [kind, atUs])) };
  }

  #segmentsFrom(fromUs: number): ReturnType<typeof segmentsFrom> {
    const { turns, dir, run } = this.#options;
    return segmentsFrom({ dir, run, fromUs, turns: turns.known });
  }

  async #tell(fromUs: number): Promise<void> {
    const { turns, run, connections, pipeline, cutSpool } = this.#options;
    const tap = pipeline.tap();
    const { segments } = await this.#segmentsFrom(fromUs);
    const reportedLine = this.#reportedLine;
    const publish = (message: OutMessage) => {
      if ((parsePosition(message.id)?.frame ?? Infinity) > reportedLine) {
        this.#options.publish(message);
      }
    };
    const options = { ...this.#options, publish, turns: turns.known };
    const replay = await replayUpTo(options, segments, tap.afterLine);
    const lines = tap.end();
    // Its first lines came meanwhile: now they are in a segment.
    if (replay === undefined && lines.length > 0) return await this.#tell(fromUs);
    for (const line of lines) replay?.pending(line);
    for (const [i, { translator }] of connections.entries()) {
      const other = replay?.translators[i];
      if (other === undefined) translator.setTurns(turnsOf(run, turns.known));
      else translator.goOnAs(other);
    }
    const given = replay?.takeGiven();
    if (given !== undefined) pipeline.addGiven(given);
    pipeline.forgetLastRecord();
    if (this.#pin !== undefined) {
      this.#pin = { ...this.#pin, id: given?.lastId ?? "", last: undefined };
    }
    // Checkpoints of earlier segments do not count the turn's records.
    cutSpool();
  }

  #isStored(id: string): boolean {
    const last = parsePosition(id);
    const stored = parsePosition(this.#options.publisher.acknowledgedId);
    return last === undefined || (stored !== undefined && comparePositions(stored, last) >= 0);
  }
}
