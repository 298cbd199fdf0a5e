/** Send rate limit of a venue. */
export interface SendRate {
  /** Frames per `perMs`. */
  requests: number;
  perMs: number;
}

/** Most waiting frames; beyond it the connection is useless. */
const WAITING_MAX = 10_000;

/** Options of {@linkcode SendPacer}. */
interface SendPacerOptions {
  /** Absent = no limit. */
  rate: SendRate | undefined;
  send: (frame: string) => void;
  /** Called when too many frames wait. */
  onFull: () => void;
  /** Monotonic clock, ms; default `performance.now`. */
  nowMs?: () => number;
  /** Runs `run` after a delay and returns its cancel function; default a timer. */
  later?: (run: () => void, ms: number) => () => void;
}

function timer(run: () => void, ms: number): () => void {
  const id = setTimeout(run, ms);
  return () => clearTimeout(id);
}

/** Sends frames in order within the venue's rate limit. */
export class SendPacer {
  #options: SendPacerOptions;
  #waiting: string[] = [];
  /** Times of the last `rate.requests` frames sent; oldest first. */
  #sentMs: number[] = [];
  #cancel: (() => void) | undefined;

  constructor(options: SendPacerOptions) {
    this.#options = options;
  }

  /** Sends a frame as soon as the rate limit allows. */
  push(frame: string): void {
    const { rate, send, onFull } = this.#options;
    if (rate === undefined) return send(frame);
    if (this.#waiting.length >= WAITING_MAX) return onFull();
    this.#waiting.push(frame);
    if (this.#cancel === undefined) this.#drain(rate);
  }

  /** Drops waiting frames; frames already sent still count. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = [];
  }

  #drain(rate: SendRate): void {
    this.#cancel = undefined;
    const { send, nowMs = () => performance.now(), later = timer } = this.#options;
    while (this.#waiting.length > 0) {
      const full = this.#sentMs.length >= rate.requests;
      const waitMs = full ? (this.#sentMs[0] ?? 0) + rate.perMs - nowMs() : 0;
      if (waitMs > 0) {
        this.#cancel = later(() => this.#drain(rate), Math.ceil(waitMs));
        return;
      }
      if (full) this.#sentMs.shift();
      this.#sentMs.push(nowMs());
      send(this.#waiting.shift() as string);
    }
  }
}
