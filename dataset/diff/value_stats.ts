/** Relative bucket width; quantiles are accurate to 0.5 %. */
const BUCKET = 1.01;
const LOG_BUCKET = Math.log(BUCKET);

/** Summary of a field's values. */
export interface ValueSummary {
  count: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  /** Quantiles, accurate to 0.5 %. */
  p1: number | null;
  p50: number | null;
  p99: number | null;
}

/**
 * Counts values in buckets that grow by 1 %; memory depends on the range of magnitudes, not on the
 * number of values.
 */
export class ValueStats {
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;
  #negative = new Map<number, number>();
  #positive = new Map<number, number>();
  #zeros = 0;

  /** Adds a value. */
  add(value: number): void {
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value === 0) {
      this.#zeros++;
      return;
    }
    const buckets = value > 0 ? this.#positive : this.#negative;
    const bucket = Math.ceil(Math.log(Math.abs(value)) / LOG_BUCKET);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }

  /** Returns the summary; fields are null without values. */
  summary(): ValueSummary {
    const count = this.#count;
    if (count === 0) {
      return { count, min: null, max: null, mean: null, p1: null, p50: null, p99: null };
    }
    const [p1 = 0, p50 = 0, p99 = 0] = this.#quantiles([0.01, 0.5, 0.99]);
    return { count, min: this.#min, max: this.#max, mean: this.#sum / count, p1, p50, p99 };
  }

  /** Returns quantiles of ascending shares: bucket middles, clamped to min and max. */
  #quantiles(shares: readonly number[]): number[] {
    const middle = (bucket: number) => Math.exp((bucket - 0.5) * LOG_BUCKET);
    const ordered: [value: number, count: number][] = [
      ...sorted(this.#negative).reverse().map(([bucket, count]) =>
        [-middle(bucket), count] as [number, number]
      ),
      [0, this.#zeros],
      ...sorted(this.#positive).map(([bucket, count]) =>
        [middle(bucket), count] as [number, number]
      ),
    ];
    const values: number[] = [];
    let seen = 0;
    for (const [value, count] of ordered) {
      seen += count;
      while (values.length < shares.length && seen > 0) {
        const rank = Math.max(1, Math.ceil((shares[values.length] ?? 1) * this.#count));
        if (seen < rank) break;
        values.push(Math.min(this.#max, Math.max(this.#min, value)));
      }
    }
    return values;
  }
}

function sorted(buckets: ReadonlyMap<number, number>): [number, number][] {
  return [...buckets].sort(([a], [b]) => a - b);
}
