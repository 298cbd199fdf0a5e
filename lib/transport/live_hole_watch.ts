import { Backoff, sleep } from "@ssmd/runtime";
import type { StreamHole, StreamState } from "./transport.ts";

/** Options of {@linkcode LiveHoleWatch}. */
interface LiveHoleWatchOptions {
  state: () => Promise<StreamState>;
  /** Must not throw. */
  onHole: (hole: StreamHole) => void;
}

/** Other subjects cause jumps too, so stream state requests are rate-limited. */
const ASK_EVERY_MS = 1_000;

/**
 * Reports messages that the stream's limits removed before a live reader got them. No message is
 * held: the report follows shortly after the first message after the loss.
 */
export class LiveHoleWatch {
  #options: LiveHoleWatchOptions;
  /** Next expected sequence; 0 = unknown. */
  #next = 0;
  /** First sequence of the oldest unchecked jump; 0 = none. */
  #jumpFrom = 0;
  /** Identity of the stream, µs. */
  #createdAtUs = 0;
  #isAsking = false;
  #ended = new AbortController();

  constructor(options: LiveHoleWatchOptions) {
    this.#options = options;
  }

  /** Starts at the sequence after `after`. */
  begin({ createdAtUs }: StreamState, after: number): void {
    this.#createdAtUs = createdAtUs;
    this.#next = after + 1;
    this.#jumpFrom = 0;
  }

  /** Notes a message. */
  take(sequence: number): void {
    const expected = this.#next;
    this.#next = sequence + 1;
    if (expected > 0 && sequence !== expected) this.#jump(expected);
  }

  /** Notes that no further message matches up to `sequence`. */
  reach(sequence: number): void {
    if (sequence >= this.#next) this.take(sequence);
  }

  /** Stops checks and reports. */
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
      // Jumps during the request are checked by the next one.
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
