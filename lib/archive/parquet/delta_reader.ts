import type { ByteCursor } from "./byte_cursor.ts";

/** Maximum bit width summed as doubles. */
const EXACT_BITS = 52;
const EXACT_MAX = 1n << 52n;
const TWO_24 = 16_777_216;
/** Upper limit of values in a page; ours have fewer. */
const COUNT_MAX = 1 << 26;

/** Reads 64-bit DELTA_BINARY_PACKED integers within ±2^53. Throws RangeError when invalid. */
export function readDeltas(cursor: ByteCursor): Float64Array<ArrayBuffer> {
  const blockValues = cursor.varint();
  const parts = cursor.varint();
  const count = cursor.varint();
  const partValues = blockValues / parts;
  if (!(partValues > 0) || partValues % 32 !== 0 || count > COUNT_MAX) {
    throw new RangeError("its differences are not packed as they should be");
  }
  const reader = new DeltaReader(cursor.bytes, count);
  reader.begin(cursor.zigzag64());
  while (!reader.isFull) {
    const least = cursor.zigzag64();
    const widths = cursor.take(parts);
    for (let part = 0; part < parts && !reader.isFull; part++) {
      const width = widths[part] as number;
      reader.add(least, width, cursor.skip(width * partValues / 8), partValues);
    }
  }
  return reader.values;
}

class DeltaReader {
  readonly values: Float64Array<ArrayBuffer>;
  #bytes: Uint8Array;
  #at = 1;
  #last = 0;

  constructor(bytes: Uint8Array, count: number) {
    this.values = new Float64Array(count);
    this.#bytes = bytes;
  }

  get isFull(): boolean {
    return this.#at >= this.values.length;
  }

  begin(first: bigint): void {
    this.#last = Number(first);
    if (this.values.length > 0) this.values[0] = this.#last;
  }

  /** Adds up to `count` differences packed from `start` on. */
  add(least: bigint, width: number, start: number, count: number): void {
    const end = Math.min(this.values.length, this.#at + count);
    if (width > 64) throw new RangeError("a difference has more than 64 bits");
    if (width > EXACT_BITS || least >= EXACT_MAX || least <= -EXACT_MAX) {
      this.#addWide(least, width, start, end);
    } else if (width <= 24) this.#addNarrow(Number(least), width, start, end);
    else this.#addMiddle(Number(least), width, start, end);
    this.#at = end;
  }

  #addNarrow(least: number, width: number, start: number, end: number): void {
    const { values } = this;
    const bytes = this.#bytes;
    const mask = (1 << width) - 1;
    let last = this.#last;
    let pending = 0;
    let pendingBits = 0;
    let at = start;
    for (let i = this.#at; i < end; i++) {
      for (; pendingBits < width; pendingBits += 8) {
        pending |= (bytes[at++] as number) << pendingBits;
      }
      last += (pending & mask) + least;
      values[i] = last;
      pending >>>= width;
      pendingBits -= width;
    }
    this.#last = last;
  }

  #addMiddle(least: number, width: number, start: number, end: number): void {
    const { values } = this;
    let last = this.#last;
    for (let i = this.#at, bit = start * 8; i < end; i++, bit += width) {
      let value = this.#bits(bit, 24);
      for (let from = 24, by = TWO_24; from < width; from += 24, by *= TWO_24) {
        value += this.#bits(bit + from, Math.min(24, width - from)) * by;
      }
      last += value + least;
      values[i] = last;
    }
    this.#last = last;
  }

  /** Returns up to 24 bits. */
  #bits(bit: number, width: number): number {
    const bytes = this.#bytes;
    // Bytes past the end read as 0: a width above 24 has more bytes after the first, or zeros.
    const at = Math.floor(bit / 8);
    const word = (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16 |
      (bytes[at + 3] ?? 0) << 24;
    return word >>> (bit % 8) & (1 << width) - 1;
  }

  #addWide(least: bigint, width: number, start: number, end: number): void {
    const mask = (1n << BigInt(width)) - 1n;
    let last = BigInt(this.#last);
    for (let i = this.#at, bit = 0; i < end; i++, bit += width) {
      let value = 0n;
      for (let byte = bit >> 3; byte <= bit + width - 1 >> 3; byte++) {
        value |= BigInt(this.#bytes[start + byte] ?? 0) << BigInt((byte - (bit >> 3)) * 8);
      }
      last = BigInt.asIntN(64, last + least + (value >> BigInt(bit & 7) & mask));
      this.values[i] = Number(last);
    }
    this.#last = Number(last);
  }
}
