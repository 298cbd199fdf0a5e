/** Reads consecutive values. Reading past the end throws RangeError. */
export class ByteCursor {
  readonly bytes: Uint8Array;
  /** Offset of the next byte. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  uint8(): number {
    if (this.at >= this.bytes.length) throw cutOff();
    return this.bytes[this.at++] as number;
  }

  /** Reads four bytes, little-endian. */
  uint32(): number {
    const at = this.skip(4);
    const { bytes } = this;
    return ((bytes[at] as number) | (bytes[at + 1] as number) << 8 |
      (bytes[at + 2] as number) << 16 | (bytes[at + 3] as number) << 24) >>> 0;
  }

  /** Reads a varint (seven bits a byte, low first). Throws RangeError beyond 2^53. */
  varint(): number {
    let value = 0;
    for (let factor = 1;; factor *= 128) {
      const byte = this.uint8();
      value += (byte & 127) * factor;
      if (byte < 128) break;
      if (factor > 2 ** 49) throw new RangeError("a number is too long");
    }
    if (value > Number.MAX_SAFE_INTEGER) throw new RangeError("a number is too large");
    return value;
  }

  /** Reads a 64-bit zigzag varint. */
  zigzag64(): bigint {
    let low = 0;
    for (let factor = 1; factor < 2 ** 49; factor *= 128) {
      const byte = this.uint8();
      low += (byte & 127) * factor;
      if (byte < 128) return BigInt(low % 2 === 0 ? low / 2 : -(low + 1) / 2);
    }
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.uint8();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return (value & 1n) === 0n ? value >> 1n : -(value + 1n >> 1n);
    }
    throw new RangeError("a number is too long");
  }

  /** Skips bytes; returns where they begin. */
  skip(count: number): number {
    const at = this.at;
    if (count < 0 || at + count > this.bytes.length) throw cutOff();
    this.at = at + count;
    return at;
  }

  /** Returns the next bytes as a view. */
  take(count: number): Uint8Array {
    const at = this.skip(count);
    return this.bytes.subarray(at, this.at);
  }
}

function cutOff(): RangeError {
  return new RangeError("its bytes end too early");
}
