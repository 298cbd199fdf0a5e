import { sleep } from "@ssmd/runtime";
import type { InMessage } from "@ssmd/transport";
import { bytesOf, type StreamItem, StreamItems } from "./stream_item.ts";

/** Options of {@linkcode StreamSubscriber}. */
interface StreamSubscriberOptions {
  /** Too much waits (true), or there is room again. */
  onFull: (isFull: boolean) => void;
  /** Bytes that wait before the bus is asked to keep the rest; default 128 MiB. */
  waitingBytesMax?: number;
  /**
   * Messages between two that came may have left the bus unread: what came behind waits for the answer.
   * `expected` is the place that did not come; where it has left, all up to what waits is given another
   * way before this resolves. Absent = nothing leaves the bus unread.
   */
  onJump?: ((expected: number) => Promise<void>) | undefined;
  /** A message that cannot be read. */
  onUnreadable: (message: InMessage, error: unknown) => void;
}

/** An item that did not follow the one before it. */
interface Jump {
  expected: number;
  came: StreamItem;
}

const WAITING_BYTES_MAX = 128 * 1024 * 1024;
/** Others' messages make jumps, too: the bus is not asked for each. */
const ASK_EVERY_MS = 5;

/** What the bus has delivered and the signals have not taken yet, in its order. */
export class StreamSubscriber {
  #options: StreamSubscriberOptions;
  #items = new StreamItems();
  #waiting: StreamItem[] = [];
  #head = 0;
  #bytes = 0;
  #isFull = false;
  #bytesMax: number;
  #resume: (() => void) | undefined;
  #isWoken = false;
  #end = new AbortController();
  /** Everything up to here came another way. */
  #taken = 0;
  /** Place of the newest message that came. */
  #newest = 0;
  /** Oldest place that did not come before the next item; 0 = all came. */
  #missing = 0;
  #jumps: Jump[] = [];
  #proving: Promise<void> | undefined;

  constructor(options: StreamSubscriberOptions) {
    this.#options = options;
    this.#bytesMax = options.waitingBytesMax ?? WAITING_BYTES_MAX;
  }

  /** Items that wait. */
  get waiting(): number {
    return this.#waiting.length - this.#head;
  }

  /** Whether there is an item of which it is known that nothing before it has left. */
  get hasNext(): boolean {
    return this.waiting > 0 && this.#waiting[this.#head] !== this.#jumps[0]?.came;
  }

  /** Takes a message; a consumer's callback. */
  push(message: InMessage): void {
    const expected = Math.max(this.#newest, this.#taken) + 1;
    this.#newest = message.streamSequence;
    if (message.streamSequence <= this.#taken) return;
    if (expected > 1 && message.streamSequence > expected) this.#missing ||= expected;
    // What is behind it is new, also on a stream that is made anew and counts from 1.
    this.#taken = 0;
    let item: StreamItem | undefined;
    try {
      item = this.#items.of(message);
    } catch (error) {
      return this.#options.onUnreadable(message, error);
    }
    if (item === undefined) return;
    this.#waiting.push(item);
    if (this.#missing > 0) this.#jumped({ expected: this.#missing, came: item });
    this.#bytes += bytesOf(item);
    if (!this.#isFull && this.#bytes > this.#bytesMax) this.#setFull(true);
    this.#wakeUp();
  }

  /** Messages up to here came another way: they are passed over. */
  skipTo(sequence: number): void {
    const isPast = this.#newest >= sequence;
    this.#taken = isPast ? 0 : sequence;
    const next = sequence + 1;
    if (this.#missing > 0) this.#missing = isPast ? Math.max(this.#missing, next) : 0;
    this.#jumps = this.#jumps.flatMap(({ expected, came }) =>
      came.sequence > Math.max(expected, next) ? [{ came, expected: Math.max(expected, next) }] : []
    );
    this.#waiting = this.#waiting.slice(this.#head).filter((item) => item.sequence > sequence);
    this.#head = 0;
    this.#bytes = this.#waiting.reduce((sum, item) => sum + bytesOf(item), 0);
    if (this.#isFull && this.#bytes < this.#bytesMax / 2) this.#setFull(false);
  }

  /** The oldest items, about so many bytes; waits for the first one, or for `wake`. */
  async next(bytesMax: number): Promise<StreamItem[]> {
    if (!this.hasNext && !this.#isWoken && !this.isEnded) {
      await new Promise<void>((resolve) => this.#resume = resolve);
    }
    this.#isWoken = false;
    return this.#take(bytesMax);
  }

  /** Whether nothing comes any more, and all of which is known that it is next was taken. */
  get isOver(): boolean {
    return this.isEnded && !this.hasNext;
  }

  /** Whether nothing comes any more. */
  get isEnded(): boolean {
    return this.#end.signal.aborted;
  }

  /** Aborted when nothing comes any more. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Whoever waits goes on, for something beside the stream. */
  wake(): void {
    this.#isWoken = true;
    this.#wakeUp();
  }

  /** Gives nothing that comes later. */
  end(): void {
    this.#end.abort();
    this.#wakeUp();
  }

  #take(bytesMax: number): StreamItem[] {
    const items: StreamItem[] = [];
    for (let bytes = 0; bytes < bytesMax && this.hasNext;) {
      const item = this.#waiting[this.#head++] as StreamItem;
      this.#bytes -= bytesOf(item);
      bytes += bytesOf(item);
      items.push(item);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    if (this.#isFull && this.#bytes < this.#bytesMax / 2) this.#setFull(false);
    return items;
  }

  #jumped(jump: Jump): void {
    this.#missing = 0;
    const { onJump } = this.#options;
    if (onJump === undefined) return;
    this.#jumps.push(jump);
    this.#proving ??= this.#prove(onJump).finally(() => this.#proving = undefined);
  }

  /** What leaves the bus leaves in its order: that the oldest is there proves all that came by then. */
  async #prove(onJump: (expected: number) => Promise<void>): Promise<void> {
    for (let jump; (jump = this.#jumps[0]) !== undefined && !this.isEnded;) {
      const newest = this.#jumps.at(-1);
      await onJump(jump.expected);
      if (newest !== undefined) this.#jumps.splice(0, this.#jumps.indexOf(newest) + 1);
      this.#wakeUp();
      await sleep(ASK_EVERY_MS);
    }
  }

  #setFull(isFull: boolean): void {
    this.#isFull = isFull;
    this.#options.onFull(isFull);
  }

  #wakeUp(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}
