import type { ByteBuffer } from "./byte_buffer.ts";

/** Values per block; each block has its own minimum difference. */
const BLOCK_VALUES = 128;
/** Parts (miniblocks) of a block; each has its own bit width. */
const PARTS = 4;
const PART_VALUES = BLOCK_VALUES / PARTS;
/** Differences up to this are exact as doubles, even with one more bit. */
const EXACT_MAX = 2 ** 52;
const TWO_24 = 16_777_216;

const differences = new Float64Array(BLOCK_VALUES);
const parts = new Float64Array(PART_VALUES);

/**
 * Writes integers from 0 to 2^53 as 64-bit DELTA_BINARY_PACKED: the first value, then blocks of 128
 * differences minus their minimum, in the bit width of the largest of 32 (Encodings.md).
 */
export function writeDeltas(out: ByteBuffer, values: Float64Array): void {
  out.varint(BLOCK_VALUES);
  out.varint(PARTS);
  out.varint(values.length);
  writeZigzag(out, values[0] ?? 0);
  for (let start = 1; start < values.length; start += BLOCK_VALUES) {
    const count = Math.min(BLOCK_VALUES, values.length - start);
    let least = Infinity;
    let greatest = -Infinity;
    for (let i = 0; i < count; i++) {
      const difference = (values[start + i] as number) - (values[start + i - 1] as number);
      differences[i] = difference;
      if (difference < least) least = difference;
      if (difference > greatest) greatest = difference;
    }
    writeZigzag(out, least);
    if (greatest - least < EXACT_MAX) writeParts(out, count, least);
    else writeWideParts(out, count, least);
  }
}

function writeParts(out: ByteBuffer, count: number, least: number): void {
  const widthsAt = out.length;
  out.uint32(0);
  for (let part = 0; part * PART_VALUES < count; part++) {
    const from = part * PART_VALUES;
    let greatest = 0;
    for (let i = 0; i < PART_VALUES; i++) {
      const value = from + i < count ? (differences[from + i] as number) - least : 0;
      parts[i] = value;
      if (value > greatest) greatest = value;
    }
    const width = bitsOf(greatest);
    out.setUint8(widthsAt + part, width);
    if (width > 0) packParts(out, width);
  }
}

function bitsOf(value: number): number {
  const high = Math.floor(value / TWO_24);
  return high === 0 ? 32 - Math.clz32(value) : high < 2 ** 32 ? 56 - Math.clz32(high) : 64;
}

function packParts(out: ByteBuffer, width: number): void {
  let pending = 0;
  let pendingBits = 0;
  for (let i = 0; i < PART_VALUES; i++) {
    let value = parts[i] as number;
    let left = width;
    // At most 24 bits of a value next to 7 pending bits.
    for (; left > 24; left -= 24) {
      pending |= (value % TWO_24) << pendingBits;
      value = Math.floor(value / TWO_24);
      pendingBits += 24;
      for (; pendingBits >= 8; pendingBits -= 8) {
        out.uint8(pending & 255);
        pending >>>= 8;
      }
    }
    pending |= value << pendingBits;
    pendingBits += left;
    for (; pendingBits >= 8; pendingBits -= 8) {
      out.uint8(pending & 255);
      pending >>>= 8;
    }
  }
}

/** Writes differences that doubles cannot hold exactly. */
function writeWideParts(out: ByteBuffer, count: number, least: number): void {
  const widthsAt = out.length;
  out.uint32(0);
  for (let part = 0; part * PART_VALUES < count; part++) {
    let pending = 0n;
    const wide = Array.from({ length: PART_VALUES }, (_, i) => {
      const at = part * PART_VALUES + i;
      return at < count ? BigInt(differences[at] as number) - BigInt(least) : 0n;
    });
    const width = Math.max(...wide.map((value) => value === 0n ? 0 : value.toString(2).length));
    out.setUint8(widthsAt + part, width);
    wide.forEach((value, i) => pending |= value << BigInt(i * width));
    for (let i = 0; i < width * PART_VALUES / 8; i++) {
      out.uint8(Number(pending >> BigInt(i * 8) & 255n));
    }
  }
}

function writeZigzag(out: ByteBuffer, value: number): void {
  if (Math.abs(value) < EXACT_MAX) return out.varint(value < 0 ? -2 * value - 1 : 2 * value);
  let rest = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value);
  for (; rest > 127n; rest >>= 7n) out.uint8(Number(rest & 127n) | 128);
  out.uint8(Number(rest));
}
