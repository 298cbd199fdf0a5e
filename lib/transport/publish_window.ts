import type { OutMessage } from "./transport.ts";

/** Initial capacity; a power of two. */
const CAPACITY = 8192;

/**
 * Unacknowledged messages in order, numbered consecutively. The ring buffer doubles when full: a
 * publisher never drops.
 */
export class PublishWindow {
  #messages: (OutMessage | undefined)[] = new Array(CAPACITY);
  #acknowledged = new Uint8Array(CAPACITY);
  #mask = CAPACITY - 1;
  #head = 0;
  #tail = 0;
  #acknowledgedId = "";

  /** Number of the oldest unacknowledged message; equals `tail` when there is none. */
  get head(): number {
    return this.#head;
  }

  /** Number of the next message. */
  get tail(): number {
    return this.#tail;
  }

  /** Id of the newest message up to which all are acknowledged; "" = none. */
  get acknowledgedId(): string {
    return this.#acknowledgedId;
  }

  /** Adds a message. */
  push(message: OutMessage): void {
    if (this.#tail - this.#head > this.#mask) this.#grow();
    const slot = this.#tail++ & this.#mask;
    this.#messages[slot] = message;
    this.#acknowledged[slot] = 0;
  }

  /** Returns a message by number; undefined when it is acknowledged. */
  get(number: number): OutMessage | undefined {
    if (number < this.#head || number >= this.#tail) return undefined;
    const slot = number & this.#mask;
    return this.#acknowledged[slot] === 1 ? undefined : this.#messages[slot];
  }

  /** Returns the number of a subject's oldest unacknowledged message below `end`. */
  oldestOf(subject: string, end: number): number | undefined {
    for (let n = this.#head; n < end; n++) {
      if (this.get(n)?.subject === subject) return n;
    }
    return undefined;
  }

  /** Marks a message as acknowledged; returns whether the head moved. */
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
