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
  /** Resolves when the bus has all that was given. */
  flush: () => Promise<void>;
  /** What another shard has by now; absent = nothing. */
  leaveReleased: () => Promise<Turn["released"]>;
  /** What comes next begins a segment of the spool. */
  cutSpool: () => void;
  /** Whether a closed segment stands in storage, or is gone. */
  isWritten: (segment: Segment) => boolean;
  /** The turn has begun, and its records are on their way. */
  onTelling: () => void;
  /** The turn was given away: this one stands by. */
  onStandby: () => void;
  /** The turn cannot be told. */
  onFailed: (error: unknown) => void;
}

/** Who stands by keeps so many µs of lines on disk, for what the other one does not tell any more. */
const STANDBY_REACH_US = 120_000_000;
const FLUSH_MS_MAX = 3_000;
/** Looks for which a turn that was given away is left to the other one. */
const LOOKS_LEFT = 12;
/**
 * Stands by while another connector tells the feed, and takes over when it is gone: the lines since
 * then are read once more from the spool, so that the turn begins where the other one ended.
 */
export class TurnTaker {
  #options: TurnTakerOptions;
  #watch: StandbyWatch;
  #taking: Promise<void> | undefined;
  #isOver = false;
  /** When the other one was last known to tell, µs. */
  #standbyUs = nowUs();
  #looks = 0;
  /** Until this look a turn that was given away is left to the other one. */
  #leftUntil = 0;
  /** The last line of this run's turn that was given away. */
  #reportedLine = 0;
  /** Where that turn ended, µs; 0 = there was none. */
  #ownEndUs = 0;
  /** The segments of the turn's begin are kept until their records are stored. */
  #pin: { fromUs: number; id: string; last: Segment | undefined } | undefined;

  /** Stands by. */
  constructor(options: TurnTakerOptions) {
    this.#options = options;
    this.#watch = new StandbyWatch(options);
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
    const { turns, pipeline, onFailed } = this.#options;
    this.#looks++;
    if (this.#isOver || this.#taking !== undefined) return;
    this.#watch.look();
    if (turns.isTelling) {
      // What is missing for longer, as nobody stood by who had it.
      if (!this.#mayEnd || !this.#watch.hasMore()) return;
      return this.#giveAway({ line: pipeline.line, why: "the other one captures more" });
    }
    if (this.#looks < this.#leftUntil) return;
    this.#taking = this.#take().catch(onFailed).finally(() => this.#taking = undefined);
  }

  /** Whether a turn is being taken or given away: what was told is not all that came. */
  get isChanging(): boolean {
    return this.#taking !== undefined;
  }

  /** Whether another connector stands by that has all that this one has. */
  get isBacked(): boolean {
    return this.#watch.isBacked;
  }

  /** A record that another run tells. */
  untold(event: MarketEvent): void {
    this.#watch.untold(event);
  }

  /**
   * A record of this run's turn says that something is missing: whether the other one has it. The turn
   * then ends before the line that is taken now.
   */
  givesAway(gap: Gap): boolean {
    const { pipeline } = this.#options;
    const { receivedAtUs: lastUs = Infinity } = pipeline.lastRecord ?? {};
    if (!this.#mayEnd || !this.#watch.hasInstead(gap, lastUs)) return false;
    this.#giveAway({ line: pipeline.line - 1, lastGoodAtUs: gap.fromUs, why: gap.detail });
    return true;
  }

  /** Whether a turn goes on of which something was told. */
  get #mayEnd(): boolean {
    const { turns, pipeline } = this.#options;
    return !this.#isOver && turns.isFresh && this.#taking === undefined &&
      pipeline.lastRecord !== undefined;
  }

  /** The turn ends with the last record given by now, and goes to the other one. */
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
    logger.warn("the feed is given to the connector that stands by", { why });
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
      logger.warn("the feed cannot be given away: this connector goes on to tell it", {
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
    const { turns, dir, run, leaveReleased, onTelling } = this.#options;
    const answer = await turns.tryAcquire();
    if (answer !== "ours") {
      if (answer === "held") this.#standbyUs = nowUs();
      return;
    }
    const released = await leaveReleased();
    const { reachUs } = await segmentsFrom({ dir, run, fromUs: -Infinity });
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
   * Both have received the same: the lines here whose records the other one has told last. Where they
   * are not found, what the other one has told ends with their time.
   */
  async #findCuts({ fromUs, endUs, last }: CutSearch): Promise<Record<string, number>> {
    const { dir, run, pipeline } = this.#options;
    const found: Record<string, number> = {};
    const content = new RecordContent();
    const untold = (event: MarketEvent) => {
      const { receivedAtUs: atUs } = event;
      if (atUs < fromUs || atUs > endUs + TURN_OVERLAP_US) return;
      const kind = recordKind(event);
      const lastRecord = last.get(kind);
      if (lastRecord?.content !== content.of(event)) return;
      const knownUs = found[kind] ?? Infinity;
      // The same may be said several times.
      if (Math.abs(atUs - lastRecord.atUs) <= Math.abs(knownUs - lastRecord.atUs)) {
        found[kind] = atUs;
      }
    };
    const { segments } = await segmentsFrom({ dir, run, fromUs });
    await replayUpTo({ ...this.#options, untold, turns: [] }, segments, pipeline.line);
    const byTime = [...last].filter(([kind, { atUs }]) => atUs >= fromUs && !(kind in found));
    return { ...found, ...Object.fromEntries(byTime.map(([kind, { atUs }]) => [kind, atUs])) };
  }

  async #tell(fromUs: number): Promise<void> {
    const { turns, dir, run, connections, pipeline, cutSpool } = this.#options;
    const tap = pipeline.tap();
    const { segments } = await segmentsFrom({ dir, run, fromUs });
    const reportedLine = this.#reportedLine;
    const publish = (message: OutMessage) => {
      if ((parsePosition(message.id)?.frame ?? Infinity) > reportedLine) {
        this.#options.publish(message);
      }
    };
    const options = { ...this.#options, publish, turns: turns.known };
    const replay = await replayUpTo(options, segments, tap.afterLine);
    for (const line of tap.end()) replay?.pending(line);
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
    // Those that were begun by now do not count the turn's records.
    cutSpool();
  }

  #isStored(id: string): boolean {
    const last = parsePosition(id);
    const stored = parsePosition(this.#options.publisher.acknowledgedId);
    return last === undefined || (stored !== undefined && comparePositions(stored, last) >= 0);
  }
}
