import { setImmediate } from "node:timers";
import type { MarketEvent } from "@ssmd/market";
import { Pause } from "@ssmd/runtime";
import type { ReplaySink } from "./sink.ts";

/** Opens records from a time on, ordered by receive time. */
type OpenRecords = (fromUs: number | undefined) => AsyncGenerator<readonly MarketEvent[]>;

/** Options of {@linkcode ReplayPlayer}. */
interface ReplayPlayerOptions {
  open: OpenRecords;
  sink: ReplaySink;
  /** Multiple of the recorded pace, or `max` for as fast as the sink accepts. */
  speed: number | "max";
}

/** Batches read ahead. */
const AHEAD_BATCHES = 8;
/** Maximum lateness of a timer; the rest of a wait uses a precise sleep. */
const TIMER_LATE_MS = 2;
/** Longest precise sleep, which blocks the thread. */
const EXACT_MS = 1;
/** Batches per event loop turn at full speed. */
const TURN_BATCHES = 16;
/** Longest wait between checks for user input. */
const WAIT_MS_MAX = 250;

/**
 * Plays records to a sink at the pace they were received: equal times stay together, bursts and
 * silences keep their shape. Catches up after a slow sink.
 */
export class ReplayPlayer {
  /** Records played so far. */
  played = 0;
  #options: ReplayPlayerOptions;
  #virtualUs = 0;
  #anchorUs = 0;
  #anchorMs = 0;
  #isPaused = false;
  #isStopped = false;
  #seekUs: number | undefined;
  #pause = new Pause();
  #lock = new Int32Array(new SharedArrayBuffer(4));

  /** Creates a player; nothing is read before `run`. */
  constructor(options: ReplayPlayerOptions) {
    this.#options = options;
  }

  /** Whether it is paused. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Current time in the recording, µs; 0 before the first record. */
  get nowUs(): number {
    const { speed } = this.#options;
    if (speed === "max" || this.#isPaused || this.#anchorUs === 0) return this.#virtualUs;
    return this.#anchorUs + (performance.now() - this.#anchorMs) * 1000 * speed;
  }

  /** Plays to the end or until `stop`. Throws the reader's and the sink's errors. */
  async run(): Promise<void> {
    try {
      for (let fromUs: number | undefined; !this.#isStopped; fromUs = this.#takeSeek()) {
        await this.#play(fromUs);
        if (this.#seekUs === undefined) break;
      }
    } finally {
      // Flush records played before an error surfaces.
      await this.#options.sink.flush();
    }
  }

  /** Stops at the next record. */
  stop(): void {
    this.#isStopped = true;
    this.#pause.end();
  }

  /** Pauses or resumes. */
  togglePause(): void {
    this.#virtualUs = this.nowUs;
    this.#isPaused = !this.#isPaused;
    this.#anchor(this.#virtualUs);
    this.#pause.end();
  }

  /** Continues from another time in the recording. */
  seek(toUs: number): void {
    this.#seekUs = toUs;
    this.#virtualUs = toUs;
    this.#anchor(toUs);
    this.#pause.end();
  }

  #takeSeek(): number | undefined {
    const seekUs = this.#seekUs;
    this.#seekUs = undefined;
    return seekUs;
  }

  #anchor(us: number): void {
    this.#anchorUs = us;
    this.#anchorMs = performance.now();
  }

  get #isInterrupted(): boolean {
    return this.#isStopped || this.#seekUs !== undefined;
  }

  async #play(fromUs: number | undefined): Promise<void> {
    const { open, speed } = this.#options;
    this.#anchorUs = 0;
    if (fromUs !== undefined) this.#anchor(fromUs);
    const source = open(fromUs);
    let batches = 0;
    for await (const batch of speed === "max" ? source : ahead(source, AHEAD_BATCHES)) {
      if (this.#isInterrupted) return;
      if (speed !== "max") await this.#playBatch(batch);
      else {
        await this.#give(batch, 0, batch.length);
        // Let signals and keys be handled.
        if (++batches % TURN_BATCHES === 0) await turn();
      }
    }
  }

  async #playBatch(batch: readonly MarketEvent[]): Promise<void> {
    for (let start = 0; start < batch.length;) {
      const dueUs = (batch[start] as MarketEvent).receivedAtUs;
      // Start with the first record, however late in the span.
      if (this.#anchorUs === 0) this.#anchor(dueUs);
      await this.#until(dueUs);
      if (this.#isInterrupted) return;
      const nowUs = this.nowUs;
      let end = start + 1;
      while (end < batch.length && (batch[end] as MarketEvent).receivedAtUs <= nowUs) end++;
      await this.#give(batch, start, end);
      await this.#options.sink.flush();
      start = end;
    }
  }

  async #give(batch: readonly MarketEvent[], start: number, end: number): Promise<void> {
    const taken = this.#options.sink.write(batch, start, end);
    if (taken !== undefined) await taken;
    this.played += end - start;
    this.#virtualUs = batch[end - 1]?.receivedAtUs ?? this.#virtualUs;
  }

  /** Waits until a time in the recording, or an interruption. */
  async #until(us: number): Promise<void> {
    const speed = this.#options.speed as number;
    while (!this.#isInterrupted) {
      if (this.#isPaused) {
        await this.#pause.wait(WAIT_MS_MAX);
        continue;
      }
      const waitMs = (us - this.#anchorUs) / 1000 / speed - (performance.now() - this.#anchorMs);
      if (waitMs <= 0) return;
      if (waitMs > TIMER_LATE_MS + EXACT_MS) {
        await this.#pause.wait(Math.min(WAIT_MS_MAX, waitMs - TIMER_LATE_MS));
      } else {
        await turn();
        // A timer would be at least a millisecond late.
        Atomics.wait(this.#lock, 0, 0, Math.min(EXACT_MS, waitMs));
      }
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Yields the same batches, reading some ahead. */
async function* ahead<T>(source: AsyncGenerator<T>, most: number): AsyncGenerator<T> {
  const waiting: Promise<IteratorResult<T>>[] = [];
  const ask = () => {
    const next = source.next();
    // A failure surfaces when its batch is consumed.
    next.catch(() => {});
    waiting.push(next);
  };
  try {
    for (let i = 0; i < most; i++) ask();
    for (let next = await waiting.shift(); next?.done === false; next = await waiting.shift()) {
      ask();
      yield next.value;
    }
  } finally {
    await Promise.allSettled(waiting);
    await source.return(undefined);
  }
}
