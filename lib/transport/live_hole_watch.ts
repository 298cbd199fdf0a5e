import { Backoff, sleep } from "@ssmd/runtime";
import type { StreamHole, StreamState } from "./transport.ts";

/** What a {@linkcode LiveHoleWatch} asks and tells. */
interface LiveHoleWatchOptions {
  state: () => Promise<StreamState>;
  /** Must not throw. */
  onHole: (hole: StreamHole) => void;
}

/** Others' messages make jumps, too: the bus is not asked for each. */
const ASK_EVERY_MS = 1_000;

/**
 * Tells a live reader that the stream's limits took messages away before it got them. Nothing is held
 * back meanwhile: a hole is told a moment after the first message behind it.
 */
export class LiveHoleWatch {
  #options: LiveHoleWatchOptions;
  /** Place that is to come next; 0 = not known. */
  #next = 0;
  /** First place of the oldest jump that the bus was not asked about; 0 = there is none. */
  #jumpFrom = 0;
  /** Identity of the stream, µs. */
  #createdAtUs = 0;
  #isAsking = false;
  #ended = new AbortController();

  constructor(options: LiveHoleWatchOptions) {
    this.#options = options;
  }

  /** What comes next lies behind this place of a stream. */
  begin({ createdAtUs }: StreamState, after: number): void {
    this.#createdAtUs = createdAtUs;
    this.#next = after + 1;
    this.#jumpFrom = 0;
  }

  /** A message came. */
  take(sequence: number): void {
    const expected = this.#next;
    this.#next = sequence + 1;
    if (expected > 0 && sequence !== expected) this.#jump(expected);
  }

  /** The bus has nothing more that matches up to here. */
  reach(sequence: number): void {
    if (sequence >= this.#next) this.take(sequence);
  }

  /** Asks and tells nothing more. */
  close(): void {
    this.#ended.abort();
  }

  #jump(from: number): void {
    this.#jumpFrom ||= from;
    if (!this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const backoff = new Backoff({ maxMs: 5_000 });
    while (this.#jumpFrom > 0 && !this.#ended.signal.aborted) {
      // What jumps while the bus is asked is asked about the next time.
      const from = this.#jumpFrom;
      const to = this.#next;
      this.#jumpFrom = 0;
      const state = await this.#options.state().catch(() => undefined);
      if (state === undefined) this.#jumpFrom = from;
      else this.#judge(state, { from, to });
      await sleep(state === undefined ? backoff.nextMs() : ASK_EVERY_MS, this.#ended.signal);
    }
    this.#isAsking = false;
  }

  #judge(state: StreamState, { from, to }: { from: number; to: number }): void {
    const { createdAtUs, firstSequence } = state;
    const missed = Math.min(firstSequence, to) - from;
    if (createdAtUs !== this.#createdAtUs || missed <= 0 || this.#ended.signal.aborted) return;
    const stream = { createdAtUs, sequence: from + missed - 1 };
    this.#options.onHole({ type: "left", missed, stream });
  }
}
