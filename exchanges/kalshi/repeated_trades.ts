/** Most trade ids kept. A subscription repeats a trade within a few messages of the other one. */
const IDS_MAX = 1024;

/**
 * Finds trades that a second subscription to a market repeats. The venue grants one when a request
 * is sent again because its answer is late; it then sends each trade on both.
 */
export class RepeatedTrades {
  /** Subscription that sent a trade first, by trade id; oldest first. */
  #sids = new Map<string, number>();

  /** Notes a trade; returns whether another subscription sent it before. */
  isRepeated(tradeId: string, sid: number): boolean {
    const first = this.#sids.get(tradeId);
    if (first !== undefined) return first !== sid;
    this.#sids.set(tradeId, sid);
    for (const oldest of this.#sids.keys()) {
      if (this.#sids.size <= IDS_MAX) break;
      this.#sids.delete(oldest);
    }
    return false;
  }

  /** Clears all on a disconnect. */
  clear(): void {
    this.#sids.clear();
  }

  state(): [string, number][] {
    return [...this.#sids];
  }

  /** Restores a state. */
  restore(state: readonly [string, number][]): void {
    this.#sids = new Map(state);
  }
}
