import type { InMessage } from "./transport.ts";

/** Most messages delivered per event loop turn while catching up. */
const CATCH_UP_MESSAGES = 4096;
/** Acknowledged messages at the array's start before it is compacted. */
const HEAD_MAX = 1024;

/**
 * Queue of one durable name: all unacknowledged messages, and the current reader's offset. Without
 * a reader it only collects.
 */
export class MemoryQueue {
  #messages: InMessage[] = [];
  #head = 0;
  #next = 0;
  #reader: ((message: InMessage) => void) | undefined;
  #paused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #onDrain: () => void;
  #redeliver: boolean;

  /** Calls `onDrain` after delivering queued messages; `redeliver` as in the bus's options. */
  constructor(onDrain: () => void, redeliver = true) {
    this.#onDrain = onDrain;
    this.#redeliver = redeliver;
  }

  /** Number of undelivered messages. */
  get backlog(): number {
    return this.#messages.length - this.#next;
  }

  /** Stream sequence of the oldest undelivered message; undefined = none. */
  get waitingSequence(): number | undefined {
    return this.#messages[this.#next]?.streamSequence;
  }

  /** Whether a reader is attached, paused or not. */
  get attached(): boolean {
    return this.#reader !== undefined;
  }

  /** Adds a message; delivers it at once when the reader has caught up. */
  offer(message: InMessage): void {
    if (!this.#redeliver && this.backlog === 0 && !this.#paused && this.#reader !== undefined) {
      this.#reader(message);
      return;
    }
    this.#messages.push(message);
    if (this.#next !== this.#messages.length - 1) return;
    if (this.#paused || this.#reader === undefined || this.#timer !== undefined) return;
    this.#next++;
    this.#reader(message);
  }

  /** Starts delivery at the oldest unacknowledged message. */
  attach(reader: (message: InMessage) => void): void {
    this.#reader = reader;
    this.#paused = false;
    this.#next = this.#head;
    this.#schedule();
  }

  /** Removes the reader; the next one gets unacknowledged messages again. */
  detach(): void {
    this.#reader = undefined;
    this.#next = this.#head;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Pauses delivery until {@linkcode resume}. */
  pause(): void {
    this.#paused = true;
  }

  /** Resumes delivery. */
  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  /** Removes delivered messages up to and including `streamSequence`. */
  acknowledge(streamSequence: number): void {
    const messages = this.#messages;
    let head = this.#head;
    while (head < this.#next) {
      const message = messages[head];
      if (message === undefined || message.streamSequence > streamSequence) break;
      head++;
    }
    this.#head = head;
    if (head >= HEAD_MAX && head * 2 >= messages.length) this.#compact();
  }

  #forgetHandedOut(): void {
    this.#head = this.#next;
    this.#compact();
  }

  #compact(): void {
    const head = this.#head;
    this.#messages.copyWithin(0, head);
    this.#messages.length -= head;
    this.#next -= head;
    this.#head = 0;
  }

  #schedule(): void {
    if (this.backlog === 0 || this.#timer !== undefined || this.#reader === undefined) return;
    this.#timer = setTimeout(() => this.#catchUp(), 0);
  }

  #catchUp(): void {
    for (let n = 0; n < CATCH_UP_MESSAGES; n++) {
      const message = this.#messages[this.#next];
      if (message === undefined || this.#paused || this.#reader === undefined) break;
      this.#next++;
      this.#reader(message);
    }
    this.#timer = undefined;
    if (!this.#redeliver) this.#forgetHandedOut();
    if (!this.#paused) this.#schedule();
    this.#onDrain();
  }
}
