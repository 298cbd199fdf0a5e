import type { InMessage } from "./transport.ts";

/** Messages handed out in one turn of the event loop when a consumer catches up. */
const CATCH_UP_MESSAGES = 4096;
/** Acknowledged messages at the head of the array before it is moved together. */
const HEAD_MAX = 1024;

/**
 * What is kept in memory for one durable name: all messages not yet acknowledged, and how far the
 * present reader has got. Without a reader it only collects.
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

  /** Calls `onDrained` after kept messages were handed out; `redeliver` as asked for. */
  constructor(onDrain: () => void, redeliver = true) {
    this.#onDrain = onDrain;
    this.#redeliver = redeliver;
  }

  /** Messages that were not handed out yet. */
  get backlog(): number {
    return this.#messages.length - this.#next;
  }

  /** Place of the oldest message that was not handed out yet; undefined = there is none. */
  get waitingSequence(): number | undefined {
    return this.#messages[this.#next]?.streamSequence;
  }

  /** Whether somebody reads, paused or not. */
  get attached(): boolean {
    return this.#reader !== undefined;
  }

  /** Keeps a message; hands it out at once when the reader has got everything before. */
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

  /** Starts to hand out, from the oldest message that is not acknowledged. */
  attach(reader: (message: InMessage) => void): void {
    this.#reader = reader;
    this.#paused = false;
    this.#next = this.#head;
    this.#schedule();
  }

  /** Ends the reader; what it did not acknowledge is handed out again to the next one. */
  detach(): void {
    this.#reader = undefined;
    this.#next = this.#head;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Keeps messages back until {@linkcode resume}. */
  pause(): void {
    this.#paused = true;
  }

  /** Hands out again. */
  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  /** Forgets what was handed out, up to and including `streamSequence`. */
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
