import { constants, deflateRawSync } from "node:zlib";
import { TRAILER_BYTES, writeTrailer } from "../protocol/record_trailer.ts";

const ARENA_BYTES = 128 * 1024;
const HEADER_BYTES_MAX = 10;
const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

/** First byte of an unfragmented message (RFC 6455 §5.2, RFC 7692 §6). */
const WHOLE = { text: 0x81, deflatedText: 0xc1, binary: 0x82 } as const;

/**
 * Window of compressed frames, 2^12 bytes, which common clients offer. Each frame is compressed
 * independently (`server_no_context_takeover`), otherwise it could not be shared.
 */
export const DEFLATE_WINDOW_BITS = 12;

/** Returns the header size of an unmasked payload, bytes. */
function headerBytes(payloadBytes: number): number {
  return payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10;
}

/** Writes the header after its first byte. */
function writeLength(buffer: Uint8Array, at: number, payloadBytes: number): void {
  if (payloadBytes < 126) {
    buffer[at] = payloadBytes;
  } else if (payloadBytes < 65_536) {
    buffer[at] = 126;
    buffer[at + 1] = payloadBytes >>> 8;
    buffer[at + 2] = payloadBytes & 255;
  } else {
    buffer[at] = 127;
    new DataView(buffer.buffer, buffer.byteOffset).setBigUint64(at + 1, BigInt(payloadBytes));
  }
}

/**
 * Prepared WebSocket frames, packed without gaps, so that the frames of one client in a tick are
 * often contiguous. `buffer`, `start` and `end` locate the last frame; written bytes never change.
 */
export class FrameArena {
  /** Buffer of the last frame. */
  buffer: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;

  /** Appends a frame with this text. */
  appendText(text: string): void {
    // Nearly all text is ASCII: its length gives the sizes of header and payload before encoding.
    const header = headerBytes(text.length);
    const at = this.#room(text.length);
    const { read, written } = UTF8.encodeInto(text, this.buffer.subarray(at + header));
    if (read === text.length && headerBytes(written) === header) {
      this.#finish(at, WHOLE.text, written);
    } else this.#appendPayload(UTF8.encode(text), WHOLE.text);
  }

  /** Appends a compressed frame with this text. */
  appendDeflated(text: string): void {
    this.#appendPayload(deflated(text), WHOLE.deflatedText);
  }

  /** Appends a binary frame: a record's bytes and the trailer that describes them. */
  appendRecord(record: Uint8Array, type: number, position: number): void {
    const bytes = record.length + TRAILER_BYTES;
    const at = this.#room(bytes);
    const header = headerBytes(bytes);
    this.buffer.set(record, at + header);
    writeTrailer(this.buffer, at + header + record.length, { type, position, isState: false });
    this.#finish(at, WHOLE.binary, bytes);
  }

  #appendPayload(payload: Uint8Array, first: number): void {
    const header = headerBytes(payload.length);
    const at = this.#room(payload.length);
    this.buffer.set(payload, at + header);
    this.#finish(at, first, payload.length);
  }

  #room(payloadBytes: number): number {
    const bytes = payloadBytes + HEADER_BYTES_MAX;
    if (this.end + bytes > this.buffer.length) {
      this.buffer = new Uint8Array(Math.max(ARENA_BYTES, bytes));
      this.end = 0;
    }
    return this.end;
  }

  #finish(at: number, first: number, payloadBytes: number): void {
    this.buffer[at] = first;
    writeLength(this.buffer, at + 1, payloadBytes);
    this.start = at;
    this.end = at + headerBytes(payloadBytes) + payloadBytes;
  }
}

/** Returns the payload of a compressed frame, without the four bytes that end each flush. */
function deflated(text: string): Uint8Array {
  const bytes = deflateRawSync(UTF8.encode(text), {
    level: 1,
    windowBits: DEFLATE_WINDOW_BITS,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  return bytes.subarray(0, bytes.length - 4);
}

function frame(payload: Uint8Array, first: number): Uint8Array {
  const header = headerBytes(payload.length);
  const whole = new Uint8Array(header + payload.length);
  whole[0] = first;
  writeLength(whole, 1, payload.length);
  whole.set(payload, header);
  return whole;
}

/** Returns the text of an uncompressed text frame. */
export function textOfFrame(buffer: Uint8Array, start: number, end: number): string {
  const length = (buffer[start + 1] ?? 0) & 127;
  const header = length < 126 ? 2 : length === 126 ? 4 : 10;
  return TEXT.decode(buffer.subarray(start + header, end));
}

/** Returns one frame in its own memory, for text that is kept or rare. */
export function textFrame(text: string): Uint8Array {
  return frame(UTF8.encode(text), WHOLE.text);
}

/** Returns one compressed frame in its own memory. */
export function deflatedFrame(text: string): Uint8Array {
  return frame(deflated(text), WHOLE.deflatedText);
}

/** Returns one binary frame with a record that is a market's state. */
export function stateRecordFrame(record: Uint8Array, type: number, position: number): Uint8Array {
  const payload = new Uint8Array(record.length + TRAILER_BYTES);
  payload.set(record);
  writeTrailer(payload, record.length, { type, position, isState: true });
  return frame(payload, WHOLE.binary);
}
