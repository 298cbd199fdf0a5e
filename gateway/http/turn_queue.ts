import { groupOf } from "../access/address_guard.ts";

/**
 * Limits the work that starts in one turn of the event loop. What exceeds the limit waits, and
 * addresses (an IPv6 /64 counts as one) take turns: a flood from one address delays the requests of
 * others by one of its own, not by all of them. Nothing is refused.
 */
export class TurnQueue {
  #perTurnMax: number;
  /** Waiting work by address; the address whose turn it is comes first. */
  #waiting = new Map<string, (() => void)[]>();
  #started = 0;
  #isPlanned = false;

  constructor(perTurnMax: number) {
    this.#perTurnMax = perTurnMax;
  }

  /** Runs `work` in this turn when the limit allows, later otherwise. */
  run(address: string, work: () => void): void {
    this.#planTurn();
    if (this.#waiting.size === 0 && this.#started < this.#perTurnMax) {
      this.#started++;
      return work();
    }
    const group = groupOf(address);
    const queue = this.#waiting.get(group);
    if (queue === undefined) this.#waiting.set(group, [work]);
    else queue.push(work);
  }

  #planTurn(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#isPlanned = false;
    this.#started = 0;
    if (this.#waiting.size > 0) this.#planTurn();
    for (const [group, queue] of this.#waiting) {
      if (this.#started >= this.#perTurnMax) return;
      this.#started++;
      this.#waiting.delete(group);
      const work = queue.shift();
      // Set anew, a Map's entry is visited again after the others.
      if (queue.length > 0) this.#waiting.set(group, queue);
      work?.();
    }
  }
}
