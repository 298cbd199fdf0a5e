import { setImmediate } from "node:timers";
import type { MarketEvent } from "@ssmd/market";
import type { ReplaySink } from "./sink.ts";

/** Records from a moment on, in order of receive time. */
type OpenRecords = (fromUs: number | undefined) => AsyncGenerator<readonly MarketEvent[]>;

/** Options of {@linkcode ReplayPlayer}. */
interface ReplayPlayerOptions {
  open: OpenRecords;
  sink: ReplaySink;
  /** Multiple of the recorded pace, or as fast as the sink takes it. */
  speed: number | "max";
}

/** Batches that are read before their time. */
const AHEAD_BATCHES = 8;
/** A timer may come this late; the rest of a wait is slept exactly. */
const TIMER_LATE_MS = 2;
/** Longest sleep in which nothing else runs. */
const EXACT_MS = 1;
/** Batches at full speed between two turns of the event loop. */
const TURN_BATCHES = 16;
/** Longest wait between two looks at what a person wants. */
const WAIT_MS_MAX = 250;

/**
 * Gives records to a sink at the pace at which they were received: what came at the same moment goes
 * together, bursts stay bursts, silence stays silence. Behind a slow sink it catches up.
 */
export class ReplayPlayer {
  /** Records given so far. */
  played = 0;
  #options: ReplayPlayerOptions;
  #virtualUs = 0;
  #anchorUs = 0;
  #anchorMs = 0;
  #isPaused = false;
  #isStopped = false;
  #seekUs: number | undefined;
  #wake: (() => void) | undefined;
  #lock = new Int32Array(new SharedArrayBuffer(4));

  /** Nothing is read before `run`. */
  constructor(options: ReplayPlayerOptions) {
    this.#options = options;
  }

  /** Whether it waits to be resumed. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Where it is in the recording, µs; 0 = nothing was played yet. */
  get nowUs(): number {
    const { speed } = this.#options;
    if (speed === "max" || this.#isPaused || this.#anchorUs === 0) return this.#virtualUs;
    return this.#anchorUs + (performance.now() - this.#anchorMs) * 1000 * speed;
  }

  /** Plays to the end, or until `stop`. Throws what reading and the sink throw. */
  async run(): Promise<void> {
    try {
      for (let fromUs: number | undefined; !this.#isStopped; fromUs = this.#takeSeek()) {
        await this.#play(fromUs);
        if (this.#seekUs === undefined) break;
      }
    } finally {
      // What came before an error is let out before it is told.
      await this.#options.sink.flush();
    }
  }

  /** Ends it at the next record. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /** Stands still, or goes on. */
  togglePause(): void {
    this.#virtualUs = this.nowUs;
    this.#isPaused = !this.#isPaused;
    this.#anchor(this.#virtualUs);
    this.#wake?.();
  }

  /** Goes on from another moment of the recording. */
  seek(toUs: number): void {
    this.#seekUs = toUs;
    this.#virtualUs = toUs;
    this.#anchor(toUs);
    this.#wake?.();
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
        // Signals and keys get their turn.
        if (++batches % TURN_BATCHES === 0) await turn();
      }
    }
  }

  async #playBatch(batch: readonly MarketEvent[]): Promise<void> {
    for (let start = 0; start < batch.length;) {
      const dueUs = (batch[start] as MarketEvent).receivedAtUs;
      // It begins with the first record, however long after the start of the span that is.
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

  /** Waits until a moment of the recording has come, or it is interrupted. */
  async #until(us: number): Promise<void> {
    const speed = this.#options.speed as number;
    while (!this.#isInterrupted) {
      if (this.#isPaused) {
        await this.#sleep(WAIT_MS_MAX);
        continue;
      }
      const waitMs = (us - this.#anchorUs) / 1000 / speed - (performance.now() - this.#anchorMs);
      if (waitMs <= 0) return;
      if (waitMs > TIMER_LATE_MS + EXACT_MS) {
        await this.#sleep(Math.min(WAIT_MS_MAX, waitMs - TIMER_LATE_MS));
      } else {
        await turn();
        // A timer would be a millisecond late or more.
        Atomics.wait(this.#lock, 0, 0, Math.min(EXACT_MS, waitMs));
      }
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** The same batches, some of them read while earlier ones are used. */
async function* ahead<T>(source: AsyncGenerator<T>, most: number): AsyncGenerator<T> {
  const waiting: Promise<IteratorResult<T>>[] = [];
  const ask = () => {
    const next = source.next();
    // A failure is told when its turn has come.
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
