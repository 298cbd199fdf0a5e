import type { ByteBuffer } from "./byte_buffer.ts";
import type { ByteCursor } from "./byte_cursor.ts";

/** Runs of at least this length are written as one value and a count. */
const RUN_MIN = 8;

/** Returns the bits needed for the numbers 0 … `largest`. */
export function bitsFor(largest: number): number {
  return largest === 0 ? 0 : 32 - Math.clz32(largest);
}

/**
 * Writes integers of `bits` bits in Parquet's hybrid of run lengths and bit packing: packed groups
 * of eight; longer runs of one value as count and value.
 */
export function writeRuns(out: ByteBuffer, values: ArrayLike<number>, bits: number): void {
  let packedFrom = 0;
  let at = 0;
  const flush = () => {
    if (at > packedFrom) writePacked(out, values, packedFrom, at, bits);
  };
  while (at < values.length) {
    const value = values[at];
    let end = at + 1;
    while (end < values.length && values[end] === value) end++;
    if (end - at < RUN_MIN) {
      // Packed groups hold eight values each; only the last may be padded.
      at = Math.min(at + RUN_MIN, values.length);
      continue;
    }
    flush();
    out.varint((end - at) * 2);
    for (let shift = 0; shift < bits; shift += 8) out.uint8((value as number) >>> shift & 255);
    packedFrom = at = end;
  }
  flush();
}

function writePacked(
  out: ByteBuffer,
  values: ArrayLike<number>,
  from: number,
  to: number,
  bits: number,
): void {
  const groups = Math.ceil((to - from) / RUN_MIN);
  out.varint(groups * 2 + 1);
  let pending = 0;
  let pendingBits = 0;
  for (let i = from; i < from + groups * RUN_MIN; i++) {
    // At most 24 bits of a value next to 7 pending bits.
    pending |= (i < to ? values[i] as number : 0) << pendingBits;
    pendingBits += bits;
    for (; pendingBits >= 8; pendingBits -= 8) {
      out.uint8(pending & 255);
      pending >>>= 8;
    }
  }
}

/**
 * Reads run lengths of any writer from the cursor until `into` is full. Throws RangeError when
 * there are fewer values.
 */
export function readRuns(
  cursor: ByteCursor,
  bits: number,
  into: Uint8Array | Uint32Array,
): void {
  for (let at = 0; at < into.length;) {
    const header = cursor.varint();
    const length = Math.floor(header / 2);
    if (length === 0) throw new RangeError("a run is empty");
    if (header % 2 === 0) {
      let value = 0;
      for (let shift = 0; shift < bits; shift += 8) value |= cursor.uint8() << shift;
      const end = Math.min(into.length, at + length);
      into.fill(value >>> 0, at, end);
      at = end;
    } else {
      const end = Math.min(into.length, at + length * RUN_MIN);
      readPacked(cursor.take(length * bits), bits, into.subarray(at, end));
      at = end;
    }
  }
}

function readPacked(bytes: Uint8Array, bits: number, into: Uint8Array | Uint32Array): void {
  const mask = (1 << bits) - 1;
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  for (let i = 0; i < into.length; i++) {
    for (; pendingBits < bits; pendingBits += 8) pending |= (bytes[at++] as number) << pendingBits;
    into[i] = pending & mask;
    pending >>>= bits;
    pendingBits -= bits;
  }
}
