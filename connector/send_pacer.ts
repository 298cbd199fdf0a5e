/** How many frames a venue takes in a time. */
export interface SendRate {
  /** Frames. */
  requests: number;
  perMs: number;
}

/** Frames that wait at most; a connection that asks for more is of no use. */
const WAITING_MAX = 10_000;

/** Options of {@linkcode SendPacer}. */
interface SendPacerOptions {
  /** Absent = frames go at once. */
  rate: SendRate | undefined;
  send: (frame: string) => void;
  /** Too many frames wait. */
  onFull: () => void;
  /** Milliseconds of a clock that never steps back; default `performance.now`. */
  nowMs?: () => number;
  /** Calls `run` after a time and gives what prevents it; default a timer. */
  later?: (run: () => void, ms: number) => () => void;
}

function timer(run: () => void, ms: number): () => void {
  const id = setTimeout(run, ms);
  return () => clearTimeout(id);
}

/** Sends frames in order, no more in any span of time than the venue takes. */
export class SendPacer {
  #options: SendPacerOptions;
  #waiting: string[] = [];
  /** When the last frames were sent, as many as the rate counts; oldest first. */
  #sentMs: number[] = [];
  #cancel: (() => void) | undefined;

  /** Nothing was sent yet. */
  constructor(options: SendPacerOptions) {
    this.#options = options;
  }

  /** Sends a frame as soon as the rate allows. */
  push(frame: string): void {
    const { rate, send, onFull } = this.#options;
    if (rate === undefined) return send(frame);
    if (this.#waiting.length >= WAITING_MAX) return onFull();
    this.#waiting.push(frame);
    if (this.#cancel === undefined) this.#drain(rate);
  }

  /** Forgets what waits; what was sent still counts. */
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
