import { Arrivals } from "./arrivals.ts";
import { type MarketSpec, ModelMarket } from "./market.ts";
import { Random } from "./prng.ts";

/** Options of {@linkcode ModelExchange}. */
interface ModelExchangeOptions {
  seed: number;
  specs: readonly MarketSpec[];
  /** Mean events per second over all markets. */
  ratePerSecond: number;
}

interface MarketClock {
  arrivals: Arrivals;
  nextUs: number;
  lastUs: number;
}

/** Several markets in order of their events. Times are µs since the model's start. */
export class ModelExchange {
  readonly markets: ModelMarket[] = [];
  #seed: number;
  /** Mean events per second of an added market. */
  #meanRate: number;
  #clocks: MarketClock[] = [];
  #first = 0;

  /** Earlier markets get more events than later ones. */
  constructor({ specs, seed, ratePerSecond }: ModelExchangeOptions) {
    this.#seed = seed;
    this.#meanRate = ratePerSecond / Math.max(1, specs.length);
    const weights = specs.map((_, i) => 1 / Math.sqrt(i + 1));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    specs.forEach((spec, i) => {
      this.#add(spec, ratePerSecond * (weights[i] as number) / total, 0);
    });
    this.#findFirst();
  }

  /** Adds a market whose book starts to move at `fromUs`. */
  add(spec: MarketSpec, fromUs: number): ModelMarket {
    const market = this.#add(spec, this.#meanRate, fromUs);
    this.#findFirst();
    return market;
  }

  #add(spec: MarketSpec, rate: number, fromUs: number): ModelMarket {
    const market = new ModelMarket(spec, new Random(this.#seed, `book ${spec.external}`));
    const arrivals = new Arrivals(new Random(this.#seed, `arrivals ${spec.external}`), rate);
    this.markets.push(market);
    this.#clocks.push({ arrivals, nextUs: fromUs + arrivals.next() * 1e6, lastUs: fromUs });
    return market;
  }

  /** Removes the market at an index. */
  remove(i: number): void {
    this.markets.splice(i, 1);
    this.#clocks.splice(i, 1);
    this.#findFirst();
  }

  #findFirst(): void {
    let first = 0;
    let firstUs = Infinity;
    for (let i = 0; i < this.#clocks.length; i++) {
      const { nextUs } = this.#clocks[i] as MarketClock;
      if (nextUs < firstUs) [first, firstUs] = [i, nextUs];
    }
    this.#first = first;
  }

  /** Time of the next event. */
  get nextUs(): number {
    return Math.floor(this.#clocks[this.#first]?.nextUs ?? Infinity);
  }

  /** Runs the next event; returns the index of its market. */
  step(): number {
    const i = this.#first;
    const clock = this.#clocks[i] as MarketClock;
    (this.markets[i] as ModelMarket).step((clock.nextUs - clock.lastUs) / 1e6);
    clock.lastUs = clock.nextUs;
    clock.nextUs += clock.arrivals.next() * 1e6;
    this.#findFirst();
    return i;
  }
}
