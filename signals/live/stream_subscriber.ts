import type { InMessage } from "@ssmd/transport";
import { bytesOf, type StreamItem, StreamItems } from "./stream_item.ts";

/** Options of {@linkcode StreamSubscriber}. */
interface StreamSubscriberOptions {
  /** Too much waits (true), or there is room again. */
  onFull: (isFull: boolean) => void;
  /** Bytes that wait before the bus is asked to keep the rest; default 128 MiB. */
  waitingBytesMax?: number;
  /** A message that cannot be read. */
  onUnreadable: (message: InMessage, error: unknown) => void;
}

const WAITING_BYTES_MAX = 128 * 1024 * 1024;

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

  constructor(options: StreamSubscriberOptions) {
    this.#options = options;
    this.#bytesMax = options.waitingBytesMax ?? WAITING_BYTES_MAX;
  }

  /** Items that wait. */
  get waiting(): number {
    return this.#waiting.length - this.#head;
  }

  /** Takes a message; a consumer's callback. */
  push(message: InMessage): void {
    this.#newest = message.streamSequence;
    if (message.streamSequence <= this.#taken) return;
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
    this.#bytes += bytesOf(item);
    if (!this.#isFull && this.#bytes > this.#bytesMax) this.#setFull(true);
    this.#wakeUp();
  }

  /** What comes now is of another stream, which counts from 1; all that waited was taken. */
  restart(): void {
    this.#taken = 0;
    this.#newest = 0;
  }

  /** Messages up to here came another way: they are passed over. */
  skipTo(sequence: number): void {
    this.#taken = this.#newest >= sequence ? 0 : sequence;
    this.#waiting = this.#waiting.slice(this.#head).filter((item) => item.sequence > sequence);
    this.#head = 0;
    this.#bytes = this.#waiting.reduce((sum, item) => sum + bytesOf(item), 0);
    if (this.#isFull && this.#bytes < this.#bytesMax / 2) this.#setFull(false);
  }

  /** The oldest items, about so many bytes; waits for the first one, or for `wake`. */
  async next(bytesMax: number): Promise<StreamItem[]> {
    if (this.waiting === 0 && !this.#isWoken && !this.isEnded) {
      await new Promise<void>((resolve) => this.#resume = resolve);
    }
    this.#isWoken = false;
    return this.#take(bytesMax);
  }

  /** Whether nothing comes any more, and all that came was taken. */
  get isOver(): boolean {
    return this.isEnded && this.waiting === 0;
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
    for (let bytes = 0; bytes < bytesMax && this.waiting > 0;) {
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
