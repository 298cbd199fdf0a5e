/** Longest time without progress on the oldest message before everything is sent again. */
const ACK_MS_MAX = 5_000;

/** Detects that the oldest sent message stays unacknowledged. */
export class StallWatch {
  #oldest = -1;
  #sinceMs = 0;

  /** Restarts the measurement. */
  reset(): void {
    this.#oldest = -1;
  }

  /** Returns whether `head`, the oldest message, waits too long; `sent` is exclusive. */
  look(head: number, sent: number): boolean {
    const nowMs = performance.now();
    if (head !== this.#oldest || sent === head) {
      this.#oldest = head;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs >= ACK_MS_MAX;
  }
}
