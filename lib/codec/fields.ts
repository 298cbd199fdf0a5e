/**
 * Reads and writes scalar struct fields, for the generated code. `at` is the field's byte offset;
 * `end` is the end of the struct's data section: a field beyond it was unknown to an older writer
 * and reads as its default. @module
 */
import { CodecError } from "@ssmd/runtime/errors";

const TWO_32 = 4294967296;
const COUNT_MAX = Number.MAX_SAFE_INTEGER;
/** High half of the quiet NaN that Cap'n Proto's compiler uses for `nan`; the low half is 0. */
const NAN_HIGH = 0x7ff80000;

const FLOAT = new Float64Array(1);
const FLOAT_HALVES = new Uint32Array(FLOAT.buffer);
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** Reads nanoseconds as µs, rounded down. Throws CodecError beyond 2^53 µs (year 2255). */
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

/** Writes µs as nanoseconds. Throws CodecError unless it is an integer from 0 to 2^53. */
export function writeTimeUs(view: DataView, at: number, us: number, field: string): void {
  if (!isCount(us)) throw unwritable(field, us, "whole microseconds from 0 to 2^53");
  const usHigh = Math.floor(us / TWO_32);
  const low = (us - usHigh * TWO_32) * 1000;
  const carry = Math.floor(low / TWO_32);
  view.setUint32(at, low - carry * TWO_32, true);
  view.setUint32(at + 4, usHigh * 1000 + carry, true);
}

function isCount(value: number): boolean {
  return value >= 0 && value <= COUNT_MAX && value === Math.floor(value);
}

/** Reads a 64-bit count. Throws CodecError beyond 2^53. */
export function readCount(view: DataView, at: number, end: number): number {
  if (at + 8 > end) return 0;
  const high = view.getUint32(at + 4, true);
  if (high > 0x1fffff) throw unreadable("a count is beyond 2^53");
  return high * TWO_32 + view.getUint32(at, true);
}

/** Writes a 64-bit count. Throws CodecError unless it is an integer from 0 to 2^53. */
export function writeCount(view: DataView, at: number, count: number, field: string): void {
  // Common case: 32 bits; the upper half stays 0. The other one is apart, so that V8 inlines this.
  if (count >>> 0 === count) view.setUint32(at, count, true);
  else writeLongCount(view, at, count, field);
}

function writeLongCount(view: DataView, at: number, count: number, field: string): void {
  if (!isCount(count)) throw unwritable(field, count, "a whole number from 0 to 2^53");
  const high = Math.floor(count / TWO_32);
  view.setUint32(at, count - high * TWO_32, true);
  view.setUint32(at + 4, high, true);
}

/** Reads a count with default -1; it and all negative values mean null. Throws like readCount. */
export function readOptionalCount(view: DataView, at: number, end: number): number | null {
  if (at + 8 > end) return null;
  // The wire value is the value XOR its default; -1 flips every bit.
  const high = ~view.getUint32(at + 4, true) >>> 0;
  if (high > 0x7fffffff) return null;
  if (high > 0x1fffff) throw unreadable("a count is beyond 2^53");
  return high * TWO_32 + (~view.getUint32(at, true) >>> 0);
}

/** Writes a count with default -1, which means null. Throws like writeCount. */
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

/** Reads a double. */
export function readFloat(view: DataView, at: number, end: number): number {
  return at + 8 <= end ? view.getFloat64(at, true) : 0;
}

/** Reads a double with default NaN, which means null. */
export function readOptionalFloat(view: DataView, at: number, end: number): number | null {
  if (at + 8 > end) return null;
  FLOAT_HALVES[LOW] = view.getUint32(at, true);
  FLOAT_HALVES[HIGH] = view.getUint32(at + 4, true) ^ NAN_HIGH;
  const value = FLOAT[0] ?? NaN;
  return value === value ? value : null;
}

/** Writes a double with default NaN; null and NaN are the default. */
export function writeOptionalFloat(view: DataView, at: number, value: number | null): void {
  // Leave zeros: the bit pattern of a NaN is platform-dependent.
  if (value === null || value !== value) return;
  view.setFloat64(at, value, true);
  view.setUint32(at + 4, (view.getUint32(at + 4, true) ^ NAN_HIGH) >>> 0, true);
}

/** Reads a uint8. */
export function readUint8(view: DataView, at: number, end: number): number {
  return at + 1 <= end ? view.getUint8(at) : 0;
}

/** Reads a uint16. */
export function readUint16(view: DataView, at: number, end: number): number {
  return at + 2 <= end ? view.getUint16(at, true) : 0;
}

/** Reads a uint32. */
export function readUint32(view: DataView, at: number, end: number): number {
  return at + 4 <= end ? view.getUint32(at, true) : 0;
}

/** Reads a bit of the byte at `at`. */
export function readBit(view: DataView, at: number, end: number, mask: number): boolean {
  return at + 1 <= end && (view.getUint8(at) & mask) !== 0;
}

/** Sets a bit of the byte at `at`. */
export function writeBit(view: DataView, at: number, mask: number, value: boolean): void {
  if (value) view.setUint8(at, view.getUint8(at) | mask);
}

/** Returns `value` if it is an integer from 0 to `max`. Throws CodecError otherwise. */
export function checkedUint(value: number, max: number, field: string): number {
  if (value >= 0 && value <= max && value === Math.floor(value)) return value;
  throw unwritable(field, value, `a whole number from 0 to ${max}`);
}

/** Returns the error for a value that a record cannot hold. */
export function unwritable(field: string, value: unknown, allowed: string): CodecError {
  return new CodecError("CODEC_OUT_OF_RANGE", `${field} cannot be encoded: it is ${value}`, {
    hint: `Give ${allowed}`,
    context: { field },
  });
}

function unreadable(message: string): CodecError {
  return new CodecError("CODEC_OUT_OF_RANGE", `The record cannot be read: ${message}`);
}
