import type { InMessage } from "./transport.ts";

/** Members that take turns. */
export class MemoryGroup {
  /** Ends the group's own subscription. */
  end: () => void = () => {};
  #members: ((message: InMessage) => void)[] = [];
  #next = 0;

  /** Members that have joined. */
  get size(): number {
    return this.#members.length;
  }

  /** Gives what leaves again. */
  join(member: (message: InMessage) => void): () => void {
    this.#members.push(member);
    return () => {
      this.#members = this.#members.filter((each) => each !== member);
    };
  }

  /** Gives a message to the next one. */
  give(message: InMessage): void {
    this.#next = (this.#next + 1) % this.#members.length;
    this.#members[this.#next]?.({ ...message, streamSequence: 0 });
  }
}
