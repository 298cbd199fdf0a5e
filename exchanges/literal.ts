/** Longest expected text, bytes. */
export const LITERAL_MAX = 112;
const UTF8 = new TextEncoder();

/** A text expected in frames. Its bytes are compared by eight, the last ones by two masked fours. */
export interface Literal {
  readonly length: number;
  /** Whole eights; equal doubles have equal bits, but for 0 and NaN, which no ASCII is. */
  readonly words: Float64Array;
  readonly low: number;
  readonly lowMask: number;
  readonly high: number;
  readonly highMask: number;
}

/** Prepares a text expected in frames: ASCII without NUL, at most 112 bytes. */
export function literal(text: string): Literal {
  if (text.length > LITERAL_MAX) throw new RangeError(`"${text}" is too long`);
  return literalOf(UTF8.encode(text));
}

/** Prepares bytes of a frame, of any length. */
export function literalOf(bytes: Uint8Array): Literal {
  const { length } = bytes;
  const whole = length >>> 3;
  const padded = new Uint8Array(8 * whole + 8);
  padded.set(bytes);
  const mask = Uint8Array.from(padded.subarray(8 * whole), (byte) => byte === 0 ? 0 : 255);
  const view = new DataView(padded.buffer);
  const maskView = new DataView(mask.buffer);
  return {
    length,
    words: Float64Array.from({ length: whole }, (_, i) => view.getFloat64(8 * i, true)),
    low: view.getInt32(8 * whole, true),
    lowMask: maskView.getInt32(0, true),
    high: view.getInt32(8 * whole + 4, true),
    highMask: maskView.getInt32(4, true),
  };
}
