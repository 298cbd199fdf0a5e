import { LIMITS, type Logger, messageOf } from "@ssmd/runtime";
import type { OutMessage, Publisher } from "@ssmd/transport";
import { OverflowFile } from "./overflow_file.ts";

/** Options of {@linkcode PublishQueue}. */
interface PublishQueueOptions {
  publisher: Publisher;
  /** Path of the overflow file. */
  spillPath: string;
  /** Most messages in memory; default {@linkcode LIMITS.publishQueueMessagesMax}. */
  messagesMax?: number;
  logger: Logger;
  /** Called for a message that the bus always rejects; it is skipped. Default: only logged. */
  onRejected?: (message: OutMessage, why: string) => void;
}

/**
 * Ordered queue between the pipeline and the bus. It is empty while the bus keeps up; otherwise it
 * fills memory up to a limit, then a file. Nothing is dropped or reordered.
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

  /** Removes a killed process's file; the caller must hold the spool's lock. */
  clear(): void {
    this.#spill.clear();
  }

  /** Number of messages not yet given to the publisher. */
  get waiting(): number {
    return this.#queue.length - this.#head + this.#spill.length;
  }

  /** Number of these in the overflow file. */
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

  /** Resolves when the bus has acknowledged everything queued. */
  async flush(): Promise<void> {
    while (this.#draining) await this.#draining;
    await this.#publisher.flush();
  }

  /** Drops the queue (the spool has its content) and removes the file. */
  close(): void {
    this.#closed = true;
    this.#spill.close();
  }

  async #drain(): Promise<void> {
    try {
      while (!this.#closed && this.waiting > 0) {
        if (this.#publisher.full) await this.#publisher.ready();
        // Closed while waiting: the rest stays in the spool, and a closed publisher takes nothing.
        if (!this.#closed) this.#step();
      }
    } catch (error) {
      this.#logger.error("the queue to the bus stopped", { error: messageOf(error) });
    } finally {
      this.#draining = undefined;
    }
  }

  /** A message rejected for itself (too large) must not block those after it. */
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
