import type { OutMessage } from "./transport.ts";

/** First capacity; a power of two. */
const CAPACITY = 8192;

/**
 * The messages given and not yet acknowledged, in order, each under a number that rises by one.
 * A ring that doubles when it is full: a publisher never drops.
 */
export class PublishWindow {
  #messages: (OutMessage | undefined)[] = new Array(CAPACITY);
  #acknowledged = new Uint8Array(CAPACITY);
  #mask = CAPACITY - 1;
  #head = 0;
  #tail = 0;
  #acknowledgedId = "";

  /** Number of the oldest message not acknowledged; equals `tail` when there is none. */
  get head(): number {
    return this.#head;
  }

  /** Number the next message will have. */
  get tail(): number {
    return this.#tail;
  }

  /** Id of the newest message below which all are acknowledged, or "". */
  get acknowledgedId(): string {
    return this.#acknowledgedId;
  }

  /** Takes a message. */
  push(message: OutMessage): void {
    if (this.#tail - this.#head > this.#mask) this.#grow();
    const slot = this.#tail++ & this.#mask;
    this.#messages[slot] = message;
    this.#acknowledged[slot] = 0;
  }

  /** The message of a number, or undefined when it is acknowledged. */
  get(number: number): OutMessage | undefined {
    if (number < this.#head || number >= this.#tail) return undefined;
    const slot = number & this.#mask;
    return this.#acknowledged[slot] === 1 ? undefined : this.#messages[slot];
  }

  /** Number of the oldest message of a subject that is not acknowledged, below `end`. */
  oldestOf(subject: string, end: number): number | undefined {
    for (let n = this.#head; n < end; n++) {
      if (this.get(n)?.subject === subject) return n;
    }
    return undefined;
  }

  /** Notes an acknowledgement; whether the oldest message is now another one. */
  acknowledge(number: number): boolean {
    if (number < this.#head || number >= this.#tail) return false;
    this.#acknowledged[number & this.#mask] = 1;
    if (number !== this.#head) return false;
    let head = number;
    let last: OutMessage | undefined;
    while (head < this.#tail && this.#acknowledged[head & this.#mask] === 1) {
      last = this.#messages[head & this.#mask];
      this.#messages[head & this.#mask] = undefined;
      head++;
    }
    this.#head = head;
    if (last !== undefined) this.#acknowledgedId = last.id;
    return true;
  }

  /** Numbers are masked as 32-bit integers, which is exact below 2^31 and wraps evenly after. */
  #grow(): void {
    const mask = this.#mask * 2 + 1;
    const messages: (OutMessage | undefined)[] = new Array(mask + 1);
    const acknowledged = new Uint8Array(mask + 1);
    for (let n = this.#head; n < this.#tail; n++) {
      messages[n & mask] = this.#messages[n & this.#mask];
      acknowledged[n & mask] = this.#acknowledged[n & this.#mask] ?? 0;
    }
    this.#messages = messages;
    this.#acknowledged = acknowledged;
    this.#mask = mask;
  }
}
