import { Arrivals } from "./arrivals.ts";
import { type MarketSpec, ModelMarket } from "./market.ts";
import { Random } from "./prng.ts";

/** Options of {@linkcode ModelExchange}. */
interface ModelExchangeOptions {
  seed: number;
  specs: readonly MarketSpec[];
  /** Mean events a second over all markets. */
  ratePerSecond: number;
}

/** Several markets in the order of their events. Times are microseconds since the model's start. */
export class ModelExchange {
  readonly markets: ModelMarket[] = [];
  #arrivals: Arrivals[] = [];
  #nextUs: Float64Array;
  #lastUs: Float64Array;
  #first = 0;

  /** Earlier markets are busier than later ones. */
  constructor(options: ModelExchangeOptions) {
    const { specs, seed } = options;
    this.#nextUs = new Float64Array(specs.length);
    this.#lastUs = new Float64Array(specs.length);
    const weights = specs.map((_, i) => 1 / Math.sqrt(i + 1));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    specs.forEach((spec, i) => {
      const rate = options.ratePerSecond * (weights[i] as number) / total;
      this.markets.push(new ModelMarket(spec, new Random(seed, `book ${spec.external}`)));
      const arrivals = new Arrivals(new Random(seed, `arrivals ${spec.external}`), rate);
      this.#arrivals.push(arrivals);
      this.#nextUs[i] = arrivals.next() * 1e6;
    });
    this.#findFirst();
  }

  #findFirst(): void {
    let first = 0;
    for (let i = 1; i < this.#nextUs.length; i++) {
      if ((this.#nextUs[i] as number) < (this.#nextUs[first] as number)) first = i;
    }
    this.#first = first;
  }

  /** When the next event happens. */
  get nextUs(): number {
    return Math.floor(this.#nextUs[this.#first] as number);
  }

  /** Does the next event and gives the place of its market. */
  step(): number {
    const i = this.#first;
    const atUs = this.#nextUs[i] as number;
    (this.markets[i] as ModelMarket).step((atUs - (this.#lastUs[i] as number)) / 1e6);
    this.#lastUs[i] = atUs;
    this.#nextUs[i] = atUs + (this.#arrivals[i] as Arrivals).next() * 1e6;
    this.#findFirst();
    return i;
  }
}
