import assert from "node:assert/strict";
import type { InMessage, StreamHole } from "@ssmd/transport";

/** Timeout of waits; only a failing test reaches it. */
const WAIT_MS = 120_000;

/** The `onHole` of a consumer that misses nothing. */
export function noHole(hole: StreamHole): void {
  assert.fail(`a hole is told where there is none: ${JSON.stringify(hole)}`);
}

/** Collects messages, and lets a test wait for a number of them without polling. */
export class Received {
  /** All messages so far. */
  readonly messages: InMessage[] = [];
  #waiting: { count: number; resolve: () => void }[] = [];

  /** Message handler. */
  readonly take = (message: InMessage): void => {
    this.messages.push(message);
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.messages.length < count) return true;
      resolve();
      return false;
    });
  };

  /** Ids of all messages so far. */
  get ids(): string[] {
    return this.messages.map(({ id }) => id);
  }

  /** Resolves once `count` messages were received; rejects on timeout. */
  until(count: number, waitMs = WAIT_MS): Promise<void> {
    if (this.messages.length >= count) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new RangeError(`${this.messages.length} of ${count} messages came`)),
        waitMs,
      );
      this.#waiting.push({
        count,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }
}
