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
  /** Whether lines are processed before their fdatasync; default false. */
  countsWritten?: boolean;
  /** By connectionIndex, from 1: scanner tried before JSON parsing; default none. */
  scanners?: readonly (FrameScanner | undefined)[];
  /** Receives each line once it is durable. */
  lines: { process(line: PendingLine): void };
  /** Called when a segment is closed. */
  onClosed: (segment: Segment) => void;
  /** Called after durable lines were processed. */
  onDurable?: () => void;
  /** Called to pause (true) or resume the sockets. */
  onPause: (paused: boolean) => void;
  /** Clock for line times; default the system's. */
  clock?: StepClock;
  feed: string;
  logger: Logger;
  metrics: ConnectorMetrics;
}

/** Bytes waiting for the disk above which sockets stop reading. */
const PENDING_BYTES_MAX = 64 * 1024 * 1024;
/** Looks, one a second, without a commit or an error while frames wait. */
const STUCK_LOOKS_MAX = 60;
const ENCODER = new TextEncoder();

/** Ingest of frames: every line is written to the spool before it is processed. */
export class FrameIngest {
  #options: FrameIngestOptions;
  #spool: Spool;
  /** Keeps a run's lines in order of time; sealed days are sorted by it. */
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

  /** Why the disk refuses frames; "" = no problem. */
  get problem(): string {
    return this.#problem;
  }

  /** Whether frames wait while the disk neither commits nor fails. */
  get isStuck(): boolean {
    return this.#progress.isStuck;
  }

  /** Lines received so far, and how many of them were processed. */
  get lines(): { received: number; processed: number } {
    return {
      received: this.#spool.durableLine + this.#spool.waitingLines,
      processed: this.#processedLines,
    };
  }

  /** Returns the line clock's time, µs; no later line is earlier. */
  nowUs(): number {
    return this.#clock.nowUs();
  }

  /** Time of the last line of a recording played with its own times, µs; 0 = none. */
  get playedUs(): number {
    return this.#playedUs;
  }

  /** Checks commit progress, once a second. */
  watchCommits(): void {
    const { waitingLines, durableLine } = this.#spool;
    this.#progress.look(waitingLines > 0, durableLine + this.#refusedTries);
  }

  /** Number of frames received. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * Starts line times after the last run's last line, µs, unless that leads the system clock by so
   * much that it was wrong.
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

  /** Checks for clock steps, once a second; `tell` writes an event into lines. */
  watchClock(tell: (step: ClockStep) => void): void {
    const step = this.#clock.look();
    if (step === undefined) return;
    const { logger } = this.#options;
    if (step.type === "suspect") logger.warn("times are suspect", { why: step.why });
    else logger.warn("times are to be trusted again", { why: step.why });
    tell(step);
    if (step.type === "settled" && step.returns) this.#clock.returnToSystem();
  }

  /** Takes a frame received at `atUs`; default now. */
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

  /** Takes an event of a connection. */
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

  /** Takes a line of a recording, with its own time or the current one. */
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
    // With current times, the recorded start of a gap does not apply.
    const from = keepTime && fromUs !== undefined ? { fromUs } : {};
    this.#other({
      ...{ connectionIndex, atUs, kind: "event", name, why, ...from },
      ...(planned === undefined ? {} : { planned }),
      ...(carried === undefined ? {} : { carried }),
    });
  }

  /** Resolves when all lines so far are durable and processed. */
  commit(): Promise<void> {
    return this.#spool.commit();
  }

  /** Makes the next line start a new spool segment. */
  cut(): void {
    this.#spool.cut();
  }

  /** Abandons lines that the disk refuses; returns how many. */
  giveUp(): number {
    return this.#spool.giveUp();
  }

  /** Commits and closes the spool's open segment. */
  close(): Promise<void> {
    return this.#spool.close();
  }

  #other(line: Exclude<PendingLine, { kind: "frame" | "line" | "scanned" }>): void {
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

  /** A line that cannot be processed must not block those after it. */
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
