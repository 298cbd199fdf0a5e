import type { CapturedLine, SymbolSpec } from "@ssmd/exchanges";
import { sleep } from "@ssmd/runtime";

/** What is played in place of a venue: connections, and their lines in the order of their times. */
interface RecordingSource {
  connections: readonly { symbols: readonly SymbolSpec[]; normalizer: string }[];
  /** `connection` counts from 0; before a line that is fresh nothing is waited for. */
  lines(): AsyncIterable<readonly (CapturedLine & { connection: number; isFresh?: boolean })[]>;
}

/** How a recording is played. */
export interface RecordingPlay {
  source: RecordingSource;
  /** Multiple of its own pace, or as fast as its lines are taken. */
  speed: number | "max";
  /** Whose receive times its records have: those of the recording, or those of the playing. */
  times: "recorded" | "received";
}

/** Options of {@linkcode RecordingPlayer}. */
interface RecordingPlayerOptions extends RecordingPlay {
  /** Takes the next line; `keepTime` = with its own time. */
  take: (connectionIndex: number, line: CapturedLine, keepTime: boolean) => void;
  /** Resolves when all lines given are durable and went on. */
  commit: () => Promise<void>;
  /** Messages that wait for the bus. */
  waiting: () => number;
}

const MINUTE_US = 60_000_000;
/** More messages that wait for the bus, and playing waits. */
const WAITING_MAX = 50_000;
const WAITING_LOOK_MS = 5;
/** Waits below it are made up for by the next one. */
const WAIT_MS_MIN = 2;
/** News of the recorder's machine, which say nothing of times of now. */
const CLOCK_EVENTS: ReadonlySet<string> = new Set(["clock", "clock_good"]);

/** Plays a recording into a connector, line by line, without a socket between. */
export class RecordingPlayer {
  /** Resolves when the last line was taken, or it was closed; rejects as reading does. */
  readonly ended: Promise<void>;
  #options: RecordingPlayerOptions;
  #stop = new AbortController();
  #begin: (() => void) | undefined;
  #minute = -1;
  #anchorUs = 0;
  #anchorMs = 0;
  #lastUs = 0;

  /** Nothing is read before `start`. */
  constructor(options: RecordingPlayerOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#begin = resolve;
    this.ended = promise.then(() => this.#play());
    // Who waits for it hears of it; a connector that is closed first does not.
    this.ended.catch(() => {});
  }

  start(): void {
    this.#begin?.();
  }

  /** Ends it after the line that it is at. */
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

  /** A file of the spool is of one minute: lines that are written at once must be of one, too. */
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
