import type { Random } from "./prng.ts";

/** Share of events triggered by other events; the rest arrives independently. */
const BRANCHING = 0.6;

/**
 * Arrival times of a self-exciting (Hawkes) process with an exponential kernel: each event raises
 * the rate for a while, so events come in bursts while the mean rate is as configured. Source:
 * Ogata's thinning, IEEE Trans. Inf. Theory 27 (1981).
 */
export class Arrivals {
  #random: Random;
  #base: number;
  #decay: number;
  #excitation = 0;

  /** `ratePerSecond` is the mean rate. */
  constructor(random: Random, ratePerSecond: number) {
    this.#random = random;
    this.#base = ratePerSecond * (1 - BRANCHING);
    this.#decay = ratePerSecond / 8;
  }

  /** Seconds until the next event. */
  next(): number {
    let waited = 0;
    for (;;) {
      const bound = this.#base + this.#excitation;
      const step = this.#random.exponential() / bound;
      waited += step;
      this.#excitation *= Math.exp(-this.#decay * step);
      if (this.#random.unit() * bound <= this.#base + this.#excitation) {
        this.#excitation += BRANCHING * this.#decay;
        return waited;
      }
    }
  }
}
