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

interface MarketClock {
  arrivals: Arrivals;
  nextUs: number;
  lastUs: number;
}

/** Several markets in the order of their events. Times are microseconds since the model's start. */
export class ModelExchange {
  readonly markets: ModelMarket[] = [];
  #seed: number;
  /** Mean events a second of a market that is added. */
  #meanRate: number;
  #clocks: MarketClock[] = [];
  #first = 0;

  /** Earlier markets are busier than later ones. */
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

  /** Adds a market whose book begins to move at a time. */
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

  /** Takes the market at a place out, in which nothing happens any more. */
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

  /** When the next event happens. */
  get nextUs(): number {
    return Math.floor(this.#clocks[this.#first]?.nextUs ?? Infinity);
  }

  /** Does the next event and gives the place of its market. */
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
