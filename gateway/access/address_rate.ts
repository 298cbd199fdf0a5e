import { groupOf } from "./address_guard.ts";
import { AccessDenied } from "./access_denied.ts";

/** Size of a burst in seconds of the rate. */
const BURST_S = 5;

interface Bucket {
  tokens: number;
  ms: number;
}

/** Rate limit per address (an IPv6 /64 counts as one) without a key. */
export class AddressRate {
  /** Buckets, the least recently used first. */
  #buckets = new Map<string, Bucket>();
  #perSecondMax: number;
  #addressesMax: number;
  #now: () => number;

  constructor(perSecondMax: number, addressesMax: number, now: () => number) {
    this.#perSecondMax = perSecondMax;
    this.#addressesMax = addressesMax;
    this.#now = now;
  }

  /** Takes a request from an address's rate; returns the error (429) when none is left. */
  takeRequest(address: string): AccessDenied | undefined {
    const group = groupOf(address);
    const nowMs = this.#now();
    const burst = this.#perSecondMax * BURST_S;
    const { tokens, ms } = this.#buckets.get(group) ?? { tokens: burst, ms: nowMs };
    const left = Math.min(burst, tokens + (nowMs - ms) / 1000 * this.#perSecondMax) - 1;
    this.#buckets.delete(group);
    this.#buckets.set(group, { tokens: Math.max(left, 0), ms: nowMs });
    this.#forget();
    if (left >= 0) return undefined;
    return new AccessDenied("RATE_LIMITED", "Requests without a key come too fast", {
      status: 429,
      hint: `At most ${this.#perSecondMax} a second from one address; a key has a rate of its own`,
      retryAfterS: 1,
    });
  }

  #forget(): void {
    for (const quietest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#addressesMax) return;
      this.#buckets.delete(quietest);
    }
  }
}
