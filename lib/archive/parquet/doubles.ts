import type { ByteBuffer } from "./byte_buffer.ts";

/** Writes doubles as eight bytes each, little-endian. */
export function writePlainDoubles(out: ByteBuffer, values: Float64Array<ArrayBuffer>): void {
  out.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** Writes doubles as BYTE_STREAM_SPLIT: all lowest bytes first, all highest last. */
export function writeSplitDoubles(out: ByteBuffer, values: Float64Array<ArrayBuffer>): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const { length } = values;
  const split = new Uint8Array(bytes.length);
  for (let k = 0; k < 8; k++) {
    for (let i = 0, at = k * length; i < length; i++) split[at + i] = bytes[8 * i + k] as number;
  }
  out.bytes(split);
}

/** Reads plain doubles. Throws RangeError unless there are exactly `count`. */
export function readPlainDoubles(bytes: Uint8Array, count: number): Float64Array<ArrayBuffer> {
  assertBytes(bytes, count);
  const values = new Float64Array(count);
  new Uint8Array(values.buffer).set(bytes);
  return values;
}

/** Reads BYTE_STREAM_SPLIT doubles. Throws RangeError unless there are exactly `count`. */
export function readSplitDoubles(bytes: Uint8Array, count: number): Float64Array<ArrayBuffer> {
  assertBytes(bytes, count);
  const values = new Float64Array(count);
  const whole = new Uint8Array(values.buffer);
  for (let k = 0; k < 8; k++) {
    for (let i = 0, at = k * count; i < count; i++) whole[8 * i + k] = bytes[at + i] as number;
  }
  return values;
}

function assertBytes(bytes: Uint8Array, count: number): void {
  if (bytes.length !== count * 8) {
    throw new RangeError(`${bytes.length} bytes are not ${count} doubles`);
  }
}
