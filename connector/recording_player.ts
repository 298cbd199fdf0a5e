import type { CapturedLine, SymbolSpec } from "@ssmd/exchanges";
import { sleep } from "@ssmd/runtime";
import type { RecordedSpan } from "./archived_before.ts";

/** Recording that replaces a venue: connections, and their lines in order of time. */
interface RecordingSource {
  connections: readonly { symbols: readonly SymbolSpec[]; normalizer: string }[];
  /** Times of its files. */
  spans: readonly RecordedSpan[];
  /** `connection` counts from 0; a fresh line is played without waiting. */
  lines(): AsyncIterable<readonly (CapturedLine & { connection: number; isFresh?: boolean })[]>;
}

/** Options of playing a recording. */
export interface RecordingPlay {
  source: RecordingSource;
  /** Factor of the recorded pace, or "max". */
  speed: number | "max";
  /** Receive times of the records: those of the recording, or the current ones. */
  times: "recorded" | "received";
}

/** Options of {@linkcode RecordingPlayer}. */
interface RecordingPlayerOptions extends RecordingPlay {
  /** Takes the next line; `keepTime` = with its recorded time. */
  take: (connectionIndex: number, line: CapturedLine, keepTime: boolean) => void;
  /** Resolves when all lines so far are durable and processed. */
  commit: () => Promise<void>;
  /** Returns the number of messages that wait for the bus. */
  waiting: () => number;
}

const MINUTE_US = 60_000_000;
/** Number of messages waiting for the bus above which playing pauses. */
const WAITING_MAX = 50_000;
const WAITING_LOOK_MS = 5;
/** Shorter waits are skipped; the next one makes up for them. */
const WAIT_MS_MIN = 2;
/** Clock events of the recording machine, which do not apply to current times. */
const CLOCK_EVENTS: ReadonlySet<string> = new Set(["clock", "clock_good"]);

/** Plays a recording into a connector, line by line, without a socket. */
export class RecordingPlayer {
  /** Resolves after the last line, or when closed; rejects on a read error. */
  readonly ended: Promise<void>;
  #options: RecordingPlayerOptions;
  #stop = new AbortController();
  #begin: (() => void) | undefined;
  #minute = -1;
  #anchorUs = 0;
  #anchorMs = 0;
  #lastUs = 0;

  /** Reads nothing before `start`. */
  constructor(options: RecordingPlayerOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#begin = resolve;
    this.ended = promise.then(() => this.#play());
    // Prevents an unhandled rejection when the connector closes first.
    this.ended.catch(() => {});
  }

  start(): void {
    this.#begin?.();
  }

  /** Stops after the current line. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.start();
    await this.ended.catch(() => {});
  }

  async #play(): Promise<void> {
    const { source, commit } = this.#options;
    for await (const batch of source.lines()) {
      for (const line of batch) {
        if (this.#stop.signal.aborted) return;
        const wait = this.#waitMs(line);
        if (wait >= WAIT_MS_MIN) await sleep(wait, this.#stop.signal);
        if (this.#options.times === "recorded") await this.#cutMinute(line.atUs);
        if (this.#stop.signal.aborted) return;
        this.#give(line);
      }
      await commit();
      await this.#drain();
    }
    await commit();
  }

  #give(line: CapturedLine & { connection: number }): void {
    const keepTime = this.#options.times === "recorded";
    if (!keepTime && line.kind === "event" && CLOCK_EVENTS.has(line.name)) return;
    this.#options.take(line.connection + 1, line, keepTime);
  }

  #waitMs(line: { atUs: number; isFresh?: boolean }): number {
    const { speed } = this.#options;
    if (speed === "max") return 0;
    const nowMs = performance.now();
    if (line.isFresh || line.atUs < this.#lastUs || this.#anchorMs === 0) {
      this.#anchorUs = line.atUs;
      this.#anchorMs = nowMs;
    }
    this.#lastUs = line.atUs;
    return this.#anchorMs + (line.atUs - this.#anchorUs) / 1000 / speed - nowMs;
  }

  /** A spool segment covers one minute, so a group of lines must not span two. */
  async #cutMinute(atUs: number): Promise<void> {
    const minute = Math.floor(atUs / MINUTE_US);
    if (minute === this.#minute) return;
    this.#minute = minute;
    await this.#options.commit();
  }

  async #drain(): Promise<void> {
    while (this.#options.waiting() > WAITING_MAX && !this.#stop.signal.aborted) {
      await sleep(WAITING_LOOK_MS, this.#stop.signal);
    }
  }
}
