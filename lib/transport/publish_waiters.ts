import { LIMITS } from "@ssmd/runtime";
import { publisherClosed } from "./errors.ts";
import type { PublishWindow } from "./publish_window.ts";

/** Readers are woken when part of the window is free, not for each message. */
const READY_BELOW = LIMITS.publishInFlightMax * 0.75;

/** Callers that wait for room in a window, or for messages to be stored. */
export class PublishWaiters {
  #readers: (() => void)[] = [];
  #flushers: { upTo: number; resolve: () => void; reject: (error: Error) => void }[] = [];

  /** Resolves when there is room, or on close. */
  room(): Promise<void> {
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** Resolves when all messages numbered below `upTo` are stored; rejects on close. */
  stored(upTo: number): Promise<void> {
    return new Promise((resolve, reject) => this.#flushers.push({ upTo, resolve, reject }));
  }

  /** Called after messages were stored or dropped. */
  look({ head, tail }: Pick<PublishWindow, "head" | "tail">): void {
    if (this.#readers.length > 0 && tail - head < READY_BELOW) this.#wakeReaders();
    for (let first = this.#flushers[0]; first !== undefined; first = this.#flushers[0]) {
      if (first.upTo > head) return;
      this.#flushers.shift();
      first.resolve();
    }
  }

  /** Ends all waits. */
  close(): void {
    this.#wakeReaders();
    for (const { reject } of this.#flushers.splice(0)) reject(publisherClosed());
  }

  #wakeReaders(): void {
    for (const resolve of this.#readers.splice(0)) resolve();
  }
}
