import type { InMessage } from "./transport.ts";

/** Group members that receive messages in rotation. */
export class MemoryGroup {
  /** Ends the group's subscription. */
  end: () => void = () => {};
  #members: ((message: InMessage) => void)[] = [];
  #next = 0;

  /** Number of members. */
  get size(): number {
    return this.#members.length;
  }

  /** Adds a member; returns the function that removes it. */
  join(member: (message: InMessage) => void): () => void {
    this.#members.push(member);
    return () => {
      this.#members = this.#members.filter((each) => each !== member);
    };
  }

  /** Delivers a message to the next member. */
  give(message: InMessage): void {
    this.#next = (this.#next + 1) % this.#members.length;
    this.#members[this.#next]?.({ ...message, streamSequence: 0 });
  }
}
