import type { FairPrice } from "./market.ts";
import type { Random } from "./prng.ts";

/** Mean-reverting random walk, so that an endless run stays plausible. */
abstract class PulledWalk implements FairPrice {
  protected offset = 0;
  #volatility: number;
  #pull: number;

  constructor(volatility: number, pullPerSecond: number) {
    this.#volatility = volatility;
    this.#pull = pullPerSecond;
  }

  abstract get value(): number;

  advance(random: Random, seconds: number): number {
    const step = Math.min(seconds, 60);
    this.offset += this.#volatility * Math.sqrt(step) * random.normal() -
      this.#pull * step * this.offset;
    return this.value;
  }
}

/** Price of an asset: a walk of its logarithm. `volatility` is per square root of a second. */
export class AssetPrice extends PulledWalk {
  #start: number;

  /** `start` in price steps. */
  constructor(start: number, volatility: number) {
    super(volatility, 1e-5);
    this.#start = start;
  }

  override get value(): number {
    return this.#start * Math.exp(this.offset);
  }
}

/** Price of a yes/no contract: a walk of the log-odds, so it stays between 0 and `top`. */
export class ContractPrice extends PulledWalk {
  #top: number;
  #start: number;

  /** `start` is a probability, `top` the price steps of one dollar. */
  constructor(start: number, top: number, volatility: number) {
    super(volatility, 2e-4);
    this.#top = top;
    this.#start = Math.log(start / (1 - start));
  }

  override get value(): number {
    return this.#top / (1 + Math.exp(-(this.#start + this.offset)));
  }
}
