import { STREAM_TYPES } from "@ssmd/market";

/** Interval of `latest` checks for an empty buffer. */
const LATEST_MS = 16;

/** Receives the states of a {@linkcode Conflater}; `S` is a market. */
export interface ConflaterOwner<S> {
  /** Whether the client's buffer is empty. */
  readonly isIdle: boolean;
  /** Sends the newest state of a type; returns false when it does not fit now. */
  sendNewest(subject: S, type: number): boolean;
  /** Called at the end of a round. */
  onEmitted(): void;
}

/** Sends the newest state of changed types, once per interval or as fast as the client reads. */
export class Conflater<S> {
  /** Interval between two rounds, ms; 0 = as fast as the client reads. */
  intervalMs: number;
  #owner: ConflaterOwner<S>;
  #dirty = new Map<S, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(owner: ConflaterOwner<S>, intervalMs: number) {
    this.#owner = owner;
    this.intervalMs = intervalMs;
  }

  /** Schedules the newest state of these types (bits) for the next round. */
  markDirty(subject: S, bits: number): void {
    this.#dirty.set(subject, (this.#dirty.get(subject) ?? 0) | bits);
    this.#timer ??= setTimeout(this.#emit, this.intervalMs === 0 ? LATEST_MS : this.intervalMs);
  }

  /** Removes these types of a market. */
  clearDirty(subject: S, bits: number): void {
    const rest = (this.#dirty.get(subject) ?? 0) & ~bits;
    if (rest === 0) this.#dirty.delete(subject);
    else this.#dirty.set(subject, rest);
  }

  /** Stops sending. */
  close(): void {
    clearTimeout(this.#timer);
    this.#dirty.clear();
  }

  #emit = (): void => {
    this.#timer = undefined;
    if (this.intervalMs === 0 && !this.#owner.isIdle) return this.#retryLater();
    for (const [subject, bits] of this.#dirty) {
      for (let type = 0; type < STREAM_TYPES.length; type++) {
        const bit = 1 << type;
        if ((bits & bit) === 0) continue;
        if (!this.#owner.sendNewest(subject, type)) return this.#retryLater();
        this.clearDirty(subject, bit);
      }
    }
    this.#owner.onEmitted();
  };

  #retryLater(): void {
    this.#owner.onEmitted();
    this.#timer = setTimeout(this.#emit, Math.max(LATEST_MS, this.intervalMs));
  }
}
