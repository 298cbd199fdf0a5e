import { CodecError } from "@ssmd/runtime/errors";

/** As in Cap'n Proto's own reader: more segments mean an attack or no message. */
const MAX_SEGMENTS = 512;

/** Returns the segments of the message at `at`. Throws CodecError with under 4 bytes or over 512. */
function segmentCountAt(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) throw cutOff(at, bytes.length);
  return segmentCountOf(uint32At(bytes, at), at);
}

/** Returns the segments of the message at `at` that begins with this word. Throws CodecError. */
export function segmentCountOf(word: number, at: number): number {
  const count = word + 1;
  if (count > MAX_SEGMENTS) {
    throw new CodecError("CODEC_MALFORMED", `No message begins at byte ${at}: ${count} segments`, {
      hint: `A message has at most ${MAX_SEGMENTS} segments; is this an unpacked Cap'n Proto file?`,
      context: { offset: at },
    });
  }
  return count;
}

/** Returns the segment table's size: a count and the lengths, 4 bytes each, padded to a word. */
export function tableBytesOf(segments: number): number {
  return ((segments >>> 1) + 1) * 8;
}

/**
 * Returns the end offset of the message at `at`, from its segment table. Throws CodecError (with
 * the byte offset) when the bytes end earlier.
 */
export function messageEndAt(bytes: Uint8Array, at: number): number {
  const count = segmentCountAt(bytes, at);
  let end = at + tableBytesOf(count);
  if (end > bytes.length) throw cutOff(at, bytes.length);
  for (let i = 1; i <= count; i++) end += uint32At(bytes, at + i * 4) * 8;
  if (end > bytes.length) throw cutOff(at, bytes.length);
  return end;
}

/**
 * Iterates the messages of a file, stored back to back; each is a view of `bytes`. Throws
 * CodecError with the byte offset of an incomplete message.
 */
export function* messagesIn<T extends ArrayBufferLike>(
  bytes: Uint8Array<T>,
): Generator<Uint8Array<T>, void, undefined> {
  for (let at = 0; at < bytes.length;) {
    const end = messageEndAt(bytes, at);
    yield bytes.subarray(at, end);
    at = end;
  }
}

function uint32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16 |
    (bytes[at + 3] ?? 0) << 24) >>> 0;
}

function cutOff(at: number, length: number): CodecError {
  return new CodecError(
    "CODEC_TRUNCATED",
    `The message that begins at byte ${at} is cut off: the bytes end at ${length}`,
    {
      hint: "The end is missing; whole messages before this byte can be used",
      context: { offset: at, length },
    },
  );
}
