import { EVENT_TYPES } from "@ssmd/market";

/** Wait of `latest` between two looks at a socket. */
const LATEST_MS = 16;

/** What a {@linkcode Conflater} asks of its client; `S` is a market. */
export interface ConflaterOwner<S> {
  /** Whether nothing waits for the client. */
  readonly idle: boolean;
  /** Sends the newest state of a type; false = no room now. */
  sendNewest(subject: S, type: number): boolean;
  /** All that could be sent was sent. */
  onEmitted(): void;
}

/** Sends the newest state of what changed, once an interval or as fast as the client reads. */
export class Conflater<S> {
  /** Wait between two rounds; 0 = as fast as the client reads. */
  intervalMs: number;
  #owner: ConflaterOwner<S>;
  #pending = new Map<S, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(owner: ConflaterOwner<S>, intervalMs: number) {
    this.#owner = owner;
    this.intervalMs = intervalMs;
  }

  /** The newest state of these types (bits) is to be sent with the next round. */
  touch(subject: S, bits: number): void {
    this.#pending.set(subject, (this.#pending.get(subject) ?? 0) | bits);
    this.#timer ??= setTimeout(this.#emit, this.intervalMs === 0 ? LATEST_MS : this.intervalMs);
  }

  /** These types of a market are no longer wanted. */
  untouch(subject: S, bits: number): void {
    const rest = (this.#pending.get(subject) ?? 0) & ~bits;
    if (rest === 0) this.#pending.delete(subject);
    else this.#pending.set(subject, rest);
  }

  /** Sends nothing any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#pending.clear();
  }

  #emit = (): void => {
    this.#timer = undefined;
    if (this.intervalMs === 0 && !this.#owner.idle) return this.#later();
    for (const [subject, bits] of this.#pending) {
      for (let type = 0; type < EVENT_TYPES.length; type++) {
        const bit = 1 << type;
        if ((bits & bit) === 0) continue;
        if (!this.#owner.sendNewest(subject, type)) return this.#later();
        this.untouch(subject, bit);
      }
    }
    this.#owner.onEmitted();
  };

  #later(): void {
    this.#owner.onEmitted();
    this.#timer = setTimeout(this.#emit, Math.max(LATEST_MS, this.intervalMs));
  }
}
