const ARENA_BYTES = 256 * 1024;
const HEADER_BYTES_MAX = 10;
const UTF8 = new TextEncoder();

/** Bytes of a WebSocket frame header for an unmasked payload (RFC 6455 §5.2). */
function headerBytes(payloadBytes: number): number {
  return payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10;
}

function writeHeader(buffer: Uint8Array, at: number, payloadBytes: number): void {
  buffer[at] = 0x81; // FIN, text
  if (payloadBytes < 126) {
    buffer[at + 1] = payloadBytes;
  } else if (payloadBytes < 65_536) {
    buffer[at + 1] = 126;
    buffer[at + 2] = payloadBytes >>> 8;
    buffer[at + 3] = payloadBytes & 255;
  } else {
    buffer[at + 1] = 127;
    new DataView(buffer.buffer, buffer.byteOffset).setBigUint64(at + 2, BigInt(payloadBytes));
  }
}

/**
 * Prepared WebSocket text frames, one behind the other without holes, so that what one client
 * gets in a tick is often one piece of memory. `buffer`, `start` and `end` tell the last frame;
 * bytes once written are never changed.
 */
export class FrameArena {
  /** Holds the last frame. */
  buffer: Uint8Array = new Uint8Array(ARENA_BYTES);
  start = 0;
  end = 0;

  /** Adds a frame with this text. */
  append(text: string): void {
    const bytesMax = text.length * 3 + HEADER_BYTES_MAX;
    let at = this.end;
    if (at + bytesMax > this.buffer.length) {
      this.buffer = new Uint8Array(Math.max(ARENA_BYTES, bytesMax));
      at = 0;
    }
    // Nearly all text is ASCII: its length tells the header's size before it is encoded.
    let header = headerBytes(text.length);
    let written = UTF8.encodeInto(text, this.buffer.subarray(at + header)).written;
    if (headerBytes(written) !== header) {
      header = headerBytes(written);
      written = UTF8.encodeInto(text, this.buffer.subarray(at + header)).written;
    }
    writeHeader(this.buffer, at, written);
    this.start = at;
    this.end = at + header + written;
  }
}

/** One frame in memory of its own, for text that is kept or rare. */
export function textFrame(text: string): Uint8Array {
  const payload = UTF8.encode(text);
  const header = headerBytes(payload.length);
  const frame = new Uint8Array(header + payload.length);
  writeHeader(frame, 0, payload.length);
  frame.set(payload, header);
  return frame;
}
