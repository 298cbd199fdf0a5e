/** Longest time without progress on the oldest message before everything is sent again. */
const ACK_MS_MAX = 5_000;

/** Looks whether the oldest message that was sent stays without an acknowledgement for long. */
export class StallWatch {
  #oldest = -1;
  #sinceMs = 0;

  /** What is looked at next is new. */
  reset(): void {
    this.#oldest = -1;
  }

  /** Whether the oldest of the messages from `head` to before `sent` has been so for long. */
  look(head: number, sent: number): boolean {
    const nowMs = performance.now();
    if (head !== this.#oldest || sent === head) {
      this.#oldest = head;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs >= ACK_MS_MAX;
  }
}
