/** Size of the bytes after a record in a binary message. */
export const TRAILER_BYTES = 16;

/** Fields of the bytes after a record in a binary message. */
interface RecordTrailer {
  /** Index in STREAM_TYPES. */
  type: number;
  /** Stream position; 0 = none. */
  position: number;
  /** Whether the record is a market's state instead of a record of the stream. */
  isState: boolean;
}

/** Writes position (64 bits, little endian), type, 1 for a state, six zeros. */
export function writeTrailer(buffer: Uint8Array, at: number, trailer: RecordTrailer): void {
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  view.setUint32(at, trailer.position >>> 0, true);
  view.setUint32(at + 4, Math.floor(trailer.position / 2 ** 32), true);
  view.setUint32(at + 8, trailer.type | (trailer.isState ? 256 : 0), true);
  view.setUint32(at + 12, 0, true);
}

/** Splits a binary message. Returns undefined when it is too short for a trailer. */
export function recordAndTrailer(
  message: Uint8Array,
): { record: Uint8Array; trailer: RecordTrailer } | undefined {
  const at = message.length - TRAILER_BYTES;
  if (at < 0) return undefined;
  const view = new DataView(message.buffer, message.byteOffset + at);
  const position = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  const trailer = { type: view.getUint8(8), position, isState: view.getUint8(9) !== 0 };
  return { record: message.subarray(0, at), trailer };
}
