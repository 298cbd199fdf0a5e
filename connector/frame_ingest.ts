import { Buffer } from "node:buffer";
import { binaryLine, eventLine, type RunBefore } from "@ssmd/archive";
import { type CapturedLine, type FrameScanner, readFrame, withoutLineEnd } from "@ssmd/exchanges";
import { type Logger, nowUs, ProgressWatch, type StorageError } from "@ssmd/runtime";
import { type ClockStep, StepClock } from "./clock_steps.ts";
import type { ConnectorMetrics } from "./connector_metrics.ts";
import { type PendingLine, unreadableLine } from "./pipeline.ts";
import type { Segment, SegmentHeader } from "./segment.ts";
import { Spool } from "./spool.ts";

/** Options of {@linkcode FrameIngest}. */
interface FrameIngestOptions {
  run: string;
  /** The spool's folder. */
  dir: string;
  header: (firstLine: number) => SegmentHeader;
  /** Whether lines go on before their fdatasync; default false. */
  countsWritten?: boolean;
  /** By connectionIndex, from 1: who reads its frames first; default nobody. */
  scanners?: readonly (FrameScanner | undefined)[];
  /** Takes the next line when it is durable. */
  lines: { process(line: PendingLine): void };
  /** A segment is closed. */
  onClosed: (segment: Segment) => void;
  /** Lines that were durable have gone on. */
  onDurable?: () => void;
  /** Sockets must stop reading (true), or may go on. */
  onPause: (paused: boolean) => void;
  /** What lines are timed by; default the system's clock. */
  clock?: StepClock;
  feed: string;
  logger: Logger;
  metrics: ConnectorMetrics;
}

/** Bytes that wait for the disk; then sockets stop reading and frames wait in the network. */
const PENDING_BYTES_MAX = 64 * 1024 * 1024;
/** Looks, one a second, in which frames wait and the disk neither takes nor refuses them. */
const STUCK_LOOKS_MAX = 60;
const ENCODER = new TextEncoder();

/** From received bytes to durable lines: what a connection says goes to the spool first. */
export class FrameIngest {
  #options: FrameIngestOptions;
  #spool: Spool;
  /** A run's lines are in the order of their times: sealed days are sorted by them. */
  #clock: StepClock;
  #pending: PendingLine[] = [];
  #paused = false;
  #problem = "";
  #refusedTries = 0;
  #progress = new ProgressWatch(STUCK_LOOKS_MAX);
  #frames = 0;
  #processedLines = 0;
  #playedUs = 0;

  constructor(options: FrameIngestOptions) {
    this.#options = options;
    const { dir, header, onClosed, countsWritten = false } = options;
    this.#clock = options.clock ?? new StepClock();
    this.#spool = new Spool(options.run, {
      ...{ dir, header, onClosed, countsWritten },
      onDurable: (count) => this.#durable(count),
      onTrouble: (error) => this.#trouble(error),
    });
  }

  /** Why the disk refuses frames now; "" = it does not. */
  get problem(): string {
    return this.#problem;
  }

  /** Whether frames wait and the disk neither takes nor refuses them: the process hangs in it. */
  get isStuck(): boolean {
    return this.#progress.isStuck;
  }

  /** Lines given by now, and how many of them have gone on. */
  get lines(): { received: number; processed: number } {
    return {
      received: this.#spool.durableLine + this.#spool.waitingLines,
      processed: this.#processedLines,
    };
  }

  /** Now by the clock of the lines, µs: none that comes has an earlier time. */
  nowUs(): number {
    return this.#clock.nowUs();
  }

  /** Of a recording that is played with its own times: the time of its last line, µs; 0 = none. */
  get playedUs(): number {
    return this.#playedUs;
  }

  /** Looks whether frames get on, once a second. */
  watchCommits(): void {
    const { waitingLines, durableLine } = this.#spool;
    this.#progress.look(waitingLines > 0, durableLine + this.#refusedTries);
  }

  /** Frames received. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * The last run's last line had this time, µs: this run's come behind it. A time that is far ahead
   * of the system's clock was wrong, and is not gone on from.
   */
  startBehind(lastUs: number): void {
    const aheadUs = lastUs - nowUs();
    if (aheadUs <= 0) return;
    const { logger } = this.#options;
    if (this.#clock.startBehind(lastUs)) {
      logger.warn("the clock is behind the last run: time goes at half pace until it is reached", {
        ahead_ms: Math.round(aheadUs / 1000),
      });
    } else {
      logger.error("the last run's times are far ahead of the clock: this run's come before them", {
        ahead_ms: Math.round(aheadUs / 1000),
      });
    }
  }

  /** Looks whether the system's clock was set, once a second; `tell` puts what is new into lines. */
  watchClock(tell: (step: ClockStep) => void): void {
    const step = this.#clock.look();
    if (step === undefined) return;
    const { logger } = this.#options;
    if (step.type === "suspect") logger.warn("times are suspect", { why: step.why });
    else logger.warn("times are to be trusted again", { why: step.why });
    tell(step);
    if (step.type === "settled" && step.returns) this.#clock.returnToSystem();
  }

  /** A frame arrived, now or when a recording says. */
  frame(
    connectionIndex: number,
    bytes: Buffer,
    binary: boolean,
    atUs: number = this.#clock.nowUs(),
  ): void {
    this.#frames++;
    const scanner = binary ? undefined : this.#options.scanners?.[connectionIndex - 1];
    const offset = scanner === undefined ? -1 : scanner.scan(bytes);
    if (scanner !== undefined && offset >= 0) {
      this.#pending.push({ connectionIndex, atUs, kind: "scanned", frame: bytes, scanner, offset });
      this.#spool.append(connectionIndex, atUs, `{"t":"${atUs}000","m":`, bytes, "}");
    } else this.#unscanned(connectionIndex, bytes, binary, atUs);
    if (!this.#paused && this.#spool.pendingBytes > PENDING_BYTES_MAX) this.#pause(true);
  }

  #unscanned(connectionIndex: number, given: Buffer, binary: boolean, atUs: number): void {
    const bytes = binary ? given : withoutLineEnd(given);
    const frame = readFrame(bytes);
    if (frame.readable && !binary) {
      this.#pending.push({
        connectionIndex,
        atUs,
        kind: "frame",
        json: frame.json,
        text: frame.text,
      });
      this.#spool.append(connectionIndex, atUs, `{"t":"${atUs}000","m":`, bytes, "}");
    } else this.#other(unreadableLine(connectionIndex, atUs, given));
  }

  /** Something happened to a connection. */
  event(connectionIndex: number, name: string, why: string, before: RunBefore = {}): void {
    this.#other({
      connectionIndex,
      atUs: this.#clock.nowUs(),
      kind: "event",
      name,
      why,
      ...before,
    });
  }

  /** A line of a recording, with its own time or as if it came now. */
  recorded(connectionIndex: number, line: CapturedLine, keepTime: boolean): void {
    const atUs = keepTime ? line.atUs : this.#clock.nowUs();
    if (keepTime) this.#playedUs = atUs;
    if (line.kind === "frame") {
      return this.frame(connectionIndex, Buffer.from(line.text), false, atUs);
    }
    this.#frames += line.kind === "binary" ? 1 : 0;
    if (line.kind === "binary") {
      return this.#other(unreadableLine(connectionIndex, atUs, bufferOf(line.bytes)));
    }
    const { name, why, fromUs, planned, carried } = line;
    // What was before has other times than what is played now.
    const from = keepTime && fromUs !== undefined ? { fromUs } : {};
    this.#other({
      ...{ connectionIndex, atUs, kind: "event", name, why, ...from },
      ...(planned === undefined ? {} : { planned }),
      ...(carried === undefined ? {} : { carried }),
    });
  }

  /** Resolves when all lines given are durable and went on. */
  commit(): Promise<void> {
    return this.#spool.commit();
  }

  /** What comes next begins a segment of the spool. */
  cut(): void {
    this.#spool.cut();
  }

  /** Gives up what the disk refuses; how many lines that are. */
  giveUp(): number {
    return this.#spool.giveUp();
  }

  /** Commits and closes the spool's open segment. */
  close(): Promise<void> {
    return this.#spool.close();
  }

  #other(line: Exclude<PendingLine, { kind: "frame" | "scanned" }>): void {
    const { connectionIndex, atUs } = line;
    this.#pending.push(line);
    const raw = line.kind === "binary"
      ? binaryLine(atUs, line.bytes)
      : eventLine(atUs, line.name, line.why, line);
    this.#spool.append(connectionIndex, atUs, "", ENCODER.encode(raw.slice(0, -1)), "");
  }

  #durable(count: number): void {
    const lines = this.#pending;
    this.#pending = lines.slice(count);
    for (let i = 0; i < count; i++) this.#process(lines[i] as PendingLine);
    this.#processedLines += count;
    this.#options.onDurable?.();
    const { labels, frames, toPublish } = this.#options.metrics;
    frames.inc(labels, count);
    toPublish.observe(labels, Math.max(0, nowUs() - (lines[0] as PendingLine).atUs) / 1e6);
    if (this.#paused && this.#spool.pendingBytes < PENDING_BYTES_MAX / 2) this.#pause(false);
  }

  /** A line that cannot be processed must not take those behind it with it. */
  #process(line: PendingLine): void {
    try {
      this.#options.lines.process(line);
    } catch (error) {
      const { logger, metrics, feed } = this.#options;
      metrics.errors.inc({ feed, error_type: "line" });
      logger.error("a line cannot be processed; it is kept in raw", {
        received_at_us: line.atUs,
        error,
      });
    }
  }

  #pause(paused: boolean): void {
    this.#paused = paused;
    this.#options.onPause(paused);
  }

  #trouble(error: StorageError | undefined): void {
    const { logger, metrics, feed } = this.#options;
    if (error) {
      this.#refusedTries++;
      metrics.errors.inc({ feed, error_type: "spool" });
      logger.error("frames wait in memory: the spool cannot be written", { error });
    } else if (this.#problem !== "") logger.info("the spool can be written again");
    this.#problem = error?.message ?? "";
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
