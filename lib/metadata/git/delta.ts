import { gitError } from "./errors.ts";
import { OBJECT_BYTES_MAX } from "./object.ts";

/** Applies a pack delta to its base. Throws ConfigError `GIT_FAILED`. */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array {
  let at = 0;
  const next = () => {
    const byte = delta[at++];
    if (byte === undefined) throw gitError("a delta is cut off");
    return byte;
  };
  const size = () => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = next();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  /** Reads a little-endian number from the bytes selected by bits. */
  const parts = (bits: number, count: number) => {
    let value = 0;
    for (let i = 0; i < count; i++) if ((bits >> i & 1) === 1) value += next() * 256 ** i;
    return value;
  };
  const baseBytes = size();
  const bytes = size();
  if (baseBytes !== base.length || bytes > OBJECT_BYTES_MAX) throw gitError("a delta does not fit");
  const result = new Uint8Array(bytes);
  let to = 0;
  while (at < delta.length) {
    const command = next();
    const isCopy = command >= 128;
    const from = isCopy ? parts(command, 4) : at;
    const length = isCopy ? parts(command >> 4 & 7, 3) || 0x10000 : command;
    const source = isCopy ? base : delta;
    if (length === 0 || from + length > source.length || to + length > bytes) {
      throw gitError("a delta does not fit");
    }
    result.set(source.subarray(from, from + length), to);
    to += length;
    if (!isCopy) at += length;
  }
  if (to !== bytes) throw gitError("a delta is cut off");
  return result;
}
