import type { MarketEvent, Side } from "@ssmd/market";
import { ConfigError } from "@ssmd/runtime/errors";
import {
  type Builder,
  type BuilderDefinition,
  concerns,
  define,
  type MarketOption,
  marketPart,
} from "./builder.ts";
import { PRICE_STEPS, SIZE_STEPS } from "./orderbook.ts";
import { spanUs } from "./span.ts";
import type { StateReader, StateWriter } from "./state_bytes.ts";

const TRADES_FIRST = 256;
/** Maximum trades in a window; the profile is invalid with more. */
const WINDOW_TRADES_MAX = 65_536;
const SIDES: readonly Side[] = ["buy", "sell", "unknown"];

/** Options of `volumeProfile`. */
export interface VolumeProfileOptions extends MarketOption {
  /** Length of the window: `1m`. */
  window: string;
  /** Width of a price bucket, in the quote unit; default 0.01. */
  bucket?: number;
}

/** Sums of a window's trades, in integer steps: removing a trade leaves no rounding rest. */
export class VolumeProfileBuilder implements Builder {
  #windowUs: number;
  #bucketSteps: number;
  #times = new Float64Array(TRADES_FIRST);
  #buckets = new Float64Array(TRADES_FIRST);
  #sizes = new Float64Array(TRADES_FIRST);
  #sides = new Uint8Array(TRADES_FIRST);
  #first = 0;
  #count = 0;
  #volumes = [0, 0, 0];
  #byBucket = new Map<number, number>();
  #isSynced = false;
  #lostUntilUs = -Infinity;
  #nowUs = 0;

  /** Creates an empty profile. */
  constructor({ windowUs, bucketSteps }: { windowUs: number; bucketSteps: number }) {
    this.#windowUs = windowUs;
    this.#bucketSteps = bucketSteps;
  }

  /** Whether a trade came since the last gap, and no trade of the window was dropped early. */
  get valid(): boolean {
    return this.#isSynced && this.#nowUs >= this.#lostUntilUs;
  }

  /** Number of trades in the window. */
  get trades(): number {
    return this.#count;
  }

  /** Applies trades and their gaps. */
  apply(record: MarketEvent): void {
    if (record.type === "trade") {
      this.#isSynced = true;
      this.advance(record.receivedAtUs);
      this.#add(record.price, record.size, SIDES.indexOf(record.side));
    } else if (record.type === "gap" && concerns(record, "trade")) {
      this.#clear();
      this.#isSynced = false;
    }
  }

  /** Advances to a time and drops trades at or before now − window. */
  advance(nowUs: number): void {
    if (nowUs > this.#nowUs) this.#nowUs = nowUs;
    const outUs = this.#nowUs - this.#windowUs;
    while (this.#count > 0 && (this.#times[this.#first] as number) <= outUs) this.#drop();
  }

  #add(price: number, size: number, side: number): void {
    if (this.#count === this.#times.length) this.#makeRoom();
    const at = (this.#first + this.#count++) % this.#times.length;
    const bucket = Math.floor(Math.round(price * PRICE_STEPS) / this.#bucketSteps);
    const steps = Math.round(size * SIZE_STEPS);
    this.#times[at] = this.#nowUs;
    this.#buckets[at] = bucket;
    this.#sizes[at] = steps;
    this.#sides[at] = side;
    this.#volumes[side] = (this.#volumes[side] ?? 0) + steps;
    this.#byBucket.set(bucket, (this.#byBucket.get(bucket) ?? 0) + steps);
  }

  #drop(): void {
    const at = this.#first;
    const steps = this.#sizes[at] as number;
    const side = this.#sides[at] as number;
    const bucket = this.#buckets[at] as number;
    this.#volumes[side] = (this.#volumes[side] ?? 0) - steps;
    const left = (this.#byBucket.get(bucket) ?? 0) - steps;
    if (left === 0) this.#byBucket.delete(bucket);
    else this.#byBucket.set(bucket, left);
    this.#first = (at + 1) % this.#times.length;
    this.#count--;
  }

  /** Doubles the capacity; at the limit, drops the oldest trade early. */
  #makeRoom(): void {
    if (this.#times.length >= WINDOW_TRADES_MAX) {
      this.#lostUntilUs = (this.#times[this.#first] as number) + this.#windowUs;
      this.#drop();
      return;
    }
    this.#times = unrolled(this.#times, this.#first);
    this.#buckets = unrolled(this.#buckets, this.#first);
    this.#sizes = unrolled(this.#sizes, this.#first);
    const sides = new Uint8Array(this.#sides.length * 2);
    sides.set(this.#sides.subarray(this.#first));
    sides.set(this.#sides.subarray(0, this.#first), this.#sides.length - this.#first);
    this.#sides = sides;
    this.#first = 0;
  }

  #clear(): void {
    this.#first = this.#count = 0;
    this.#volumes = [0, 0, 0];
    this.#byBucket.clear();
    this.#lostUntilUs = -Infinity;
  }

  /** Returns the size that takers of a side traded, in steps: 0 buy, 1 sell, 2 unknown. */
  stepsOfSide(side: 0 | 1 | 2): number {
    return this.#volumes[side] as number;
  }

  /** Returns the size traded in a price's bucket, in steps. */
  stepsAt(price: number): number {
    const bucket = Math.floor(Math.round(price * PRICE_STEPS) / this.#bucketSteps);
    return this.#byBucket.get(bucket) ?? 0;
  }

  /** Lower price of the bucket with the most volume, the lowest if equal; NaN without trades. */
  get pointOfControl(): number {
    let most = 0;
    let best = NaN;
    for (const [bucket, steps] of this.#byBucket) {
      if (steps > most || (steps === most && bucket < best)) [most, best] = [steps, bucket];
    }
    return (best * this.#bucketSteps) / PRICE_STEPS;
  }

  /** Writes the window's trades. */
  write(to: StateWriter): void {
    to.flag(this.#isSynced).number(this.#lostUntilUs).number(this.#nowUs).number(this.#count);
    for (let i = 0; i < this.#count; i++) {
      const at = (this.#first + i) % this.#times.length;
      to.number(this.#times[at] as number).number(this.#buckets[at] as number);
      to.number(this.#sizes[at] as number).number(this.#sides[at] as number);
    }
  }

  /** Restores the window's trades. */
  read(from: StateReader): void {
    this.#clear();
    this.#isSynced = from.flag();
    const lostUntilUs = from.number();
    const nowUs = from.number();
    for (let left = from.number(); left > 0; left--) {
      this.#nowUs = from.number();
      const price = (from.number() * this.#bucketSteps) / PRICE_STEPS;
      this.#add(price, from.number() / SIZE_STEPS, from.number());
    }
    this.#nowUs = nowUs;
    this.#lostUntilUs = lostUntilUs;
  }
}

/** Returns a ring's values in order, with doubled capacity. */
function unrolled(values: Float64Array, first: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(values.length * 2);
  grown.set(values.subarray(first));
  grown.set(values.subarray(0, first), values.length - first);
  return grown;
}

/** View of a window's trades for conditions. */
export class VolumeProfileView {
  #profile: VolumeProfileBuilder;

  /** Creates a view of a profile. */
  constructor(profile: VolumeProfileBuilder) {
    this.#profile = profile;
    Object.freeze(this);
  }

  /** Traded size, in the base unit. */
  get volume(): number {
    const profile = this.#profile;
    const steps = profile.stepsOfSide(0) + profile.stepsOfSide(1) + profile.stepsOfSide(2);
    return steps / SIZE_STEPS;
  }

  /** Size that takers bought, in the base unit. */
  get buyVolume(): number {
    return this.#profile.stepsOfSide(0) / SIZE_STEPS;
  }

  /** Size that takers sold, in the base unit. */
  get sellVolume(): number {
    return this.#profile.stepsOfSide(1) / SIZE_STEPS;
  }

  /** Takers' buys as a share of their buys and sells, 0 to 1; NaN without trades. */
  get buyShare(): number {
    const bought = this.#profile.stepsOfSide(0);
    return bought / (bought + this.#profile.stepsOfSide(1));
  }

  /** Number of trades. */
  get trades(): number {
    return this.#profile.trades;
  }

  /** Returns the size traded in a price's bucket, in the base unit. */
  at(price: number): number {
    return this.#profile.stepsAt(price) / SIZE_STEPS;
  }

  /** Lower price of the bucket with the most volume; NaN without trades. */
  get pointOfControl(): number {
    return this.#profile.pointOfControl;
  }
}

/** Declares a time window of trades. Throws ConfigError `SIGNAL_INVALID`, `DURATION_INVALID`. */
export function volumeProfile(
  options: VolumeProfileOptions,
): BuilderDefinition<VolumeProfileView, VolumeProfileBuilder> {
  const { window, bucket = 0.01, of } = options;
  const windowUs = spanUs(window);
  const bucketSteps = Math.round(bucket * PRICE_STEPS);
  if (!(bucketSteps >= 1)) {
    throw new ConfigError("SIGNAL_INVALID", `volumeProfile bucket must be above 0, not ${bucket}`);
  }
  return define({
    kind: "volumeProfile",
    options: Object.freeze({ windowUs, bucketSteps }),
    ...marketPart(of),
    types: Object.freeze(["trade"] as const),
    warmupUs: windowUs,
    isShared: true,
    create() {
      const builder = new VolumeProfileBuilder({ windowUs, bucketSteps });
      return { builder, view: new VolumeProfileView(builder) };
    },
  });
}
