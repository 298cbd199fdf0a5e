import { LIMITS, type Logger, messageOf } from "@ssmd/runtime";
import type { OutMessage, Publisher } from "@ssmd/transport";
import { OverflowFile } from "./overflow_file.ts";

/** Options of {@linkcode PublishQueue}. */
interface PublishQueueOptions {
  publisher: Publisher;
  /** Where messages go that no longer fit in memory. */
  spillPath: string;
  /** Default {@linkcode LIMITS.publishQueueMessagesMax}. */
  messagesMax?: number;
  logger: Logger;
  /** A message that the bus never takes; it holds up nothing behind it. Default: only logged. */
  onRejected?: (message: OutMessage, why: string) => void;
}

/**
 * The ordered queue between the pipeline and the bus: as long as the bus keeps up it is empty; a
 * bus that is away or slow fills first the memory, up to a limit, then a file. Nothing is dropped
 * and nothing overtakes.
 */
export class PublishQueue {
  #publisher: Publisher;
  #spill: OverflowFile;
  #messagesMax: number;
  #logger: Logger;
  #onRejected: PublishQueueOptions["onRejected"];
  #queue: OutMessage[] = [];
  #head = 0;
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(options: PublishQueueOptions) {
    this.#publisher = options.publisher;
    this.#spill = new OverflowFile(options.spillPath);
    this.#messagesMax = options.messagesMax ?? LIMITS.publishQueueMessagesMax;
    this.#logger = options.logger;
    this.#onRejected = options.onRejected;
  }

  /** Removes what a killed process left on disk; only for who has the spool's lock. */
  clear(): void {
    this.#spill.clear();
  }

  /** Messages not yet handed to the publisher. */
  get waiting(): number {
    return this.#queue.length - this.#head + this.#spill.length;
  }

  /** Messages of these on disk. */
  get spilled(): number {
    return this.#spill.length;
  }

  /** Queues a message. */
  push(message: OutMessage): void {
    if (this.waiting === 0 && !this.#publisher.full) {
      this.#give(message);
      return;
    }
    if (this.#spill.length > 0 || this.#queue.length - this.#head >= this.#messagesMax) {
      if (this.#spill.length === 0) {
        this.#logger.warn("the bus does not keep up: messages wait on disk until it does", {
          waiting: this.waiting,
          connected: this.#publisher.connected,
        });
      }
      this.#spill.push(message);
    } else this.#queue.push(message);
    this.#draining ??= this.#drain();
  }

  /** Resolves when everything pushed is acknowledged by the bus. */
  async flush(): Promise<void> {
    while (this.#draining) await this.#draining;
    await this.#publisher.flush();
  }

  /** Gives up what waits (it is in the spool) and removes the file. */
  close(): void {
    this.#closed = true;
    this.#spill.close();
  }

  async #drain(): Promise<void> {
    try {
      while (!this.#closed && this.waiting > 0) {
        if (this.#publisher.full) await this.#publisher.ready();
        // Closed while it waited: what is left stays in the spool, and a closed publisher takes nothing.
        if (!this.#closed) this.#step();
      }
    } catch (error) {
      this.#logger.error("the queue to the bus stopped", { error: messageOf(error) });
    } finally {
      this.#draining = undefined;
    }
  }

  /** What is refused for what it is (too large) must not hold up what is behind it. */
  #give(message: OutMessage): void {
    try {
      this.#publisher.publish(message);
    } catch (error) {
      const { id, subject } = message;
      this.#logger.error("a message cannot be published; it is in raw", { id, subject, error });
      this.#onRejected?.(message, messageOf(error));
    }
  }

  #step(): void {
    if (this.#head === this.#queue.length) {
      this.#queue = this.#spill.take();
      this.#head = 0;
    }
    while (this.#head < this.#queue.length && !this.#publisher.full) {
      this.#give(this.#queue[this.#head++] as OutMessage);
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
  }
}
