/**
 * The scalar fields of a struct, as the generated code reads and writes them. `at` is the byte
 * where the field lies; `end` is where the struct's data section ends: a field behind it is one
 * that an older writer did not know, and reads as its default. @module
 */
import { CodecError } from "@ssmd/runtime/errors";

const TWO_32 = 4294967296;
/** The high half of the quiet NaN that Cap'n Proto's compiler means by `nan`; the low half is 0. */
const NAN_HIGH = 0x7ff80000;

const FLOAT = new Float64Array(1);
const FLOAT_HALVES = new Uint32Array(FLOAT.buffer);
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** Nanoseconds as whole microseconds (rounded down). Throws CodecError beyond 2^53 µs (year 2255). */
export function readTimeUs(view: DataView, at: number, end: number): number {
  if (at + 8 > end) return 0;
  const low = view.getUint32(at, true);
  const high = view.getUint32(at + 4, true);
  const thousands = Math.floor(high / 1000);
  const rest = (high - thousands * 1000) * TWO_32 + low;
  const us = thousands * TWO_32 + Math.floor(rest / 1000);
  if (us > Number.MAX_SAFE_INTEGER) throw unreadable("a time is after the year 2255");
  return us;
}

/** Whole microseconds as nanoseconds. Throws CodecError unless it is a whole number from 0 to 2^53. */
export function writeTimeUs(view: DataView, at: number, us: number, field: string): void {
  if (!(us >= 0 && us <= Number.MAX_SAFE_INTEGER) || us !== Math.floor(us)) {
    throw unwritable(field, us, "whole microseconds from 0 to 2^53");
  }
  const usHigh = Math.floor(us / TWO_32);
  const low = (us - usHigh * TWO_32) * 1000;
  const carry = Math.floor(low / TWO_32);
  view.setUint32(at, low - carry * TWO_32, true);
  view.setUint32(at + 4, usHigh * 1000 + carry, true);
}

/** A count of 64 bits. Throws CodecError beyond 2^53. */
export function readCount(view: DataView, at: number, end: number): number {
  if (at + 8 > end) return 0;
  const high = view.getUint32(at + 4, true);
  if (high > 0x1fffff) throw unreadable("a count is beyond 2^53");
  return high * TWO_32 + view.getUint32(at, true);
}

/** A count as 64 bits. Throws CodecError unless it is a whole number from 0 to 2^53. */
export function writeCount(view: DataView, at: number, count: number, field: string): void {
  // The usual one: it has 32 bits, and what is above them stays 0.
  if (count >>> 0 === count) return view.setUint32(at, count, true);
  if (!(count >= 0 && count <= Number.MAX_SAFE_INTEGER) || count !== Math.floor(count)) {
    throw unwritable(field, count, "a whole number from 0 to 2^53");
  }
  const high = Math.floor(count / TWO_32);
  view.setUint32(at, count - high * TWO_32, true);
  view.setUint32(at + 4, high, true);
}

/** A count whose default is -1, which means null, as does every negative number. Throws as readCount. */
export function readOptionalCount(view: DataView, at: number, end: number): number | null {
  if (at + 8 > end) return null;
  // The wire holds the value XOR its default; -1 turns every bit.
  const high = ~view.getUint32(at + 4, true) >>> 0;
  if (high > 0x7fffffff) return null;
  if (high > 0x1fffff) throw unreadable("a count is beyond 2^53");
  return high * TWO_32 + (~view.getUint32(at, true) >>> 0);
}

/** A count whose default is -1; null is the default. Throws as writeCount. */
export function writeOptionalCount(
  view: DataView,
  at: number,
  count: number | null,
  field: string,
): void {
  if (count === null) return;
  writeCount(view, at, count, field);
  view.setUint32(at, ~view.getUint32(at, true) >>> 0, true);
  view.setUint32(at + 4, ~view.getUint32(at + 4, true) >>> 0, true);
}

/** A double. */
export function readFloat(view: DataView, at: number, end: number): number {
  return at + 8 <= end ? view.getFloat64(at, true) : 0;
}

/** A double whose default is NaN, which means null. */
export function readOptionalFloat(view: DataView, at: number, end: number): number | null {
  if (at + 8 > end) return null;
  FLOAT_HALVES[LOW] = view.getUint32(at, true);
  FLOAT_HALVES[HIGH] = view.getUint32(at + 4, true) ^ NAN_HIGH;
  const value = FLOAT[0] ?? NaN;
  return value === value ? value : null;
}

/** A double whose default is NaN; null and NaN are the default. */
export function writeOptionalFloat(view: DataView, at: number, value: number | null): void {
  // Left as zeros rather than written: which NaN a double holds is the machine's whim.
  if (value === null || value !== value) return;
  view.setFloat64(at, value, true);
  view.setUint32(at + 4, (view.getUint32(at + 4, true) ^ NAN_HIGH) >>> 0, true);
}

/** An unsigned number of 8 bits. */
export function readUint8(view: DataView, at: number, end: number): number {
  return at + 1 <= end ? view.getUint8(at) : 0;
}

/** An unsigned number of 16 bits. */
export function readUint16(view: DataView, at: number, end: number): number {
  return at + 2 <= end ? view.getUint16(at, true) : 0;
}

/** An unsigned number of 32 bits. */
export function readUint32(view: DataView, at: number, end: number): number {
  return at + 4 <= end ? view.getUint32(at, true) : 0;
}

/** A bit of the byte at `at`. */
export function readBit(view: DataView, at: number, end: number, mask: number): boolean {
  return at + 1 <= end && (view.getUint8(at) & mask) !== 0;
}

/** Sets a bit of the byte at `at`. */
export function writeBit(view: DataView, at: number, mask: number, value: boolean): void {
  if (value) view.setUint8(at, view.getUint8(at) | mask);
}

/** `value`, checked to be a whole number from 0 to `max`. Throws CodecError otherwise. */
export function checkedUint(value: number, max: number, field: string): number {
  if (value >= 0 && value <= max && value === Math.floor(value)) return value;
  throw unwritable(field, value, `a whole number from 0 to ${max}`);
}

/** The error of a value that has no place in a record. */
export function unwritable(field: string, value: unknown, allowed: string): CodecError {
  return new CodecError("CODEC_OUT_OF_RANGE", `${field} cannot be encoded: it is ${value}`, {
    hint: `Give ${allowed}`,
    context: { field },
  });
}

function unreadable(message: string): CodecError {
  return new CodecError("CODEC_OUT_OF_RANGE", `The record cannot be read: ${message}`);
}
