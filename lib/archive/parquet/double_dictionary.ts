/** Maximum distinct doubles in a dictionary: more cost too much space and memory in each reader. */
export const DICTIONARY_DOUBLES_MAX = 16_384;
const SLOTS = 4 * DICTIONARY_DOUBLES_MAX;

/** Numbers distinct doubles by their bits, in order of appearance. */
export class DoubleDictionary {
  /** Number of distinct values. */
  count = 0;
  #values = new Float64Array(DICTIONARY_DOUBLES_MAX);
  #bits = new Uint32Array(this.#values.buffer);
  /** Index in `#values` plus 1; 0 = free. */
  #slots = new Uint16Array(SLOTS);

  /** The distinct values; a view that is valid until the next `indices`. */
  get values(): Float64Array<ArrayBuffer> {
    return this.#values.subarray(0, this.count);
  }

  /** Returns the index of each value; undefined above `max` distinct ones. Resets first. */
  indices(
    values: Float64Array<ArrayBuffer>,
    max: number,
  ): Uint32Array<ArrayBuffer> | undefined {
    this.count = 0;
    this.#slots.fill(0);
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    const indices = new Uint32Array(values.length);
    const most = Math.min(max, DICTIONARY_DOUBLES_MAX);
    for (let i = 0; i < values.length; i++) {
      const index = this.#indexOf(bits[2 * i] as number, bits[2 * i + 1] as number, most);
      if (index < 0) return undefined;
      indices[i] = index;
    }
    return indices;
  }

  #indexOf(low: number, high: number, most: number): number {
    const bits = this.#bits;
    const slots = this.#slots;
    let hash = Math.imul(low, 0x9E3779B1) ^ Math.imul(high, 0x85EBCA77);
    hash ^= hash >>> 15;
    for (let slot = hash & SLOTS - 1;; slot = slot + 1 & SLOTS - 1) {
      const index = (slots[slot] as number) - 1;
      if (index < 0) {
        if (this.count >= most) return -1;
        bits[2 * this.count] = low;
        bits[2 * this.count + 1] = high;
        slots[slot] = this.count + 1;
        return this.count++;
      }
      if (bits[2 * index] === low && bits[2 * index + 1] === high) return index;
    }
  }
}
