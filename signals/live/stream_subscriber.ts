import type { InMessage } from "@ssmd/transport";
import { bytesOf, type StreamItem, StreamItems } from "./stream_item.ts";

/** Options of {@linkcode StreamSubscriber}. */
interface StreamSubscriberOptions {
  /** Called with true when the queue is full, false when it has room again. */
  onFull: (isFull: boolean) => void;
  /** Maximum queued bytes before consumption pauses; default 128 MiB. */
  waitingBytesMax?: number;
  /** Called for a message that cannot be decoded. */
  onUnreadable: (message: InMessage, error: unknown) => void;
}

const WAITING_BYTES_MAX = 128 * 1024 * 1024;

/** Queue of delivered messages not yet taken, in bus order. */
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
  /** Messages up to this sequence are skipped: catch-up has read them. */
  #taken = 0;
  /** Sequence of the newest delivered message. */
  #newest = 0;

  constructor(options: StreamSubscriberOptions) {
    this.#options = options;
    this.#bytesMax = options.waitingBytesMax ?? WAITING_BYTES_MAX;
  }

  /** Number of queued items. */
  get waiting(): number {
    return this.#waiting.length - this.#head;
  }

  /** Queues a message; called by the consumer. */
  push(message: InMessage): void {
    this.#newest = message.streamSequence;
    if (message.streamSequence <= this.#taken) return;
    // Later messages are new, even if a recreated stream counts from 1.
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

  /** Resets sequences for a recreated stream; the queue must be empty. */
  restart(): void {
    this.#taken = 0;
    this.#newest = 0;
  }

  /** Skips messages up to a sequence that catch-up has read. */
  skipTo(sequence: number): void {
    this.#taken = this.#newest >= sequence ? 0 : sequence;
    this.#waiting = this.#waiting.slice(this.#head).filter((item) => item.sequence > sequence);
    this.#head = 0;
    this.#bytes = this.#waiting.reduce((sum, item) => sum + bytesOf(item), 0);
    if (this.#isFull && this.#bytes < this.#bytesMax / 2) this.#setFull(false);
  }

  /** Takes the oldest items, about `bytesMax` bytes; waits for the first one or for `wake`. */
  async next(bytesMax: number): Promise<StreamItem[]> {
    if (this.waiting === 0 && !this.#isWoken && !this.isEnded) {
      await new Promise<void>((resolve) => this.#resume = resolve);
    }
    this.#isWoken = false;
    return this.#take(bytesMax);
  }

  /** Whether the stream has ended and the queue is empty. */
  get isOver(): boolean {
    return this.isEnded && this.waiting === 0;
  }

  /** Whether the stream has ended. */
  get isEnded(): boolean {
    return this.#end.signal.aborted;
  }

  /** Aborted when the stream ends. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Wakes a waiting `next` for other work. */
  wake(): void {
    this.#isWoken = true;
    this.#wakeUp();
  }

  /** Ends the stream; queued items can still be taken. */
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
