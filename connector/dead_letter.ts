import type { CapturedLine, FrameInLine, ScannedLine } from "@ssmd/exchanges";
import { escapeToken } from "@ssmd/market";
import type { OutMessage } from "@ssmd/transport";

/** Longest part of a frame or record in a dead letter; raw files hold the whole frame. */
const BYTES_MAX = 64 * 1024;

function subjectOf(env: string): string {
  return `${escapeToken(env)}.dlq.connector`;
}

function encode(letter: Record<string, unknown>, bytes: Uint8Array, name: string): Uint8Array {
  const kept = bytes.subarray(0, BYTES_MAX);
  const whole = {
    ...letter,
    bytes: bytes.length,
    [name]: kept.toBase64(),
    truncated: kept.length < bytes.length,
  };
  return new TextEncoder().encode(JSON.stringify(whole));
}

/** Returns a dead letter for a frame that could not be read, for `{env}.dlq.connector`. */
export function frameLetter(
  { env, feed, id }: { env: string; feed: string; id: string },
  line: CapturedLine | FrameInLine | ScannedLine,
  reason: string,
): OutMessage {
  const letter = { feed, received_at_ns: `${line.atUs}000`, reason };
  return { subject: subjectOf(env), payload: encode(letter, bytesOf(line), "frame_base64"), id };
}

/**
 * Returns a dead letter for a record that the bus always rejects, for `{env}.dlq.connector`. It
 * keeps the record's id, which the bus does not hold; undefined for a dead letter.
 */
export function recordLetter(
  { env, feed }: { env: string; feed: string },
  { subject, payload, id }: OutMessage,
  reason: string,
): OutMessage | undefined {
  if (subject === subjectOf(env)) return undefined;
  const letter = { feed, subject, id, reason };
  return { subject: subjectOf(env), payload: encode(letter, payload, "record_base64"), id };
}

function bytesOf(line: CapturedLine | FrameInLine | ScannedLine): Uint8Array {
  switch (line.kind) {
    case "scanned":
      return line.frame;
    case "line":
      return line.lines.subarray(line.start, line.end);
    case "frame":
      return new TextEncoder().encode(line.text);
    case "binary":
      return line.bytes;
    case "event":
      return new Uint8Array(0);
  }
}
