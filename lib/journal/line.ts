import { crc32 } from "node:zlib";
import { isoOfUs, JournalError, usOfIso } from "@ssmd/runtime";
import { type JournalEntry, type JsonRecord, RECORD_BYTES_MAX } from "./journal.ts";

const TOPIC = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;
const TOPIC_CHARS_MAX = 128;
/** Offset after `["` + 8 hex digits + `",`. */
const LENGTH_AT = 12;
const HEAD = /^\["([0-9a-f]{8})",([0-9]{1,8}),$/;
const HEAD_BYTES_MAX = 21;
const COMMA = 0x2c;
const CLOSING = 0x5d;
const LINE_END = 0x0a;

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder("utf-8", { fatal: true });

/** Throws `JOURNAL_TOPIC_INVALID` unless the topic is lower-case words with dots, `audit.keys`. */
export function assertTopic(topic: string): void {
  if (topic.length <= TOPIC_CHARS_MAX && TOPIC.test(topic)) return;
  throw new JournalError("JOURNAL_TOPIC_INVALID", `"${topic}" is no topic of a journal`, {
    context: { topic },
    hint: "Words of a-z 0-9 _ - with dots between, like audit.keys",
  });
}

/** Returns a record as JSON. Throws `JOURNAL_RECORD_TOO_LARGE`. */
export function recordText(record: JsonRecord): string {
  const text = JSON.stringify(record);
  const bytes = text.length > RECORD_BYTES_MAX / 3 ? UTF8.encode(text).length : 0;
  if (bytes <= RECORD_BYTES_MAX) return text;
  throw recordTooLarge(bytes);
}

/** `JOURNAL_RECORD_TOO_LARGE`. */
export function recordTooLarge(bytes: number): JournalError {
  return new JournalError("JOURNAL_RECORD_TOO_LARGE", `A record of ${bytes} bytes is too large`, {
    context: { bytes, largest: RECORD_BYTES_MAX },
    hint: `Keep records below ${RECORD_BYTES_MAX} bytes; put large things into the archive`,
  });
}

/**
 * Encodes a line: `["<CRC-32>",<bytes>,{"position":…,"topic":…,"at":…,"record":…}]`. It is valid
 * JSON, so `jq '.[2]'` reads it. CRC and length are those of the third element.
 */
export function encodeLine(
  position: number,
  topic: string,
  { atUs, text }: { atUs: number; text: string },
): Uint8Array {
  const at = isoOfUs(atUs);
  const body = UTF8.encode(
    `{"position":${position},"topic":"${topic}","at":"${at}","record":${text}}`,
  );
  const head = UTF8.encode(`["${crcText(body)}",${body.length},`);
  const line = new Uint8Array(head.length + body.length + 2);
  line.set(head);
  line.set(body, head.length);
  line[line.length - 2] = CLOSING;
  line[line.length - 1] = LINE_END;
  return line;
}

/** A decoded line. */
interface DecodedLine {
  entry: JournalEntry;
  /** Offset after the line's end. */
  end: number;
}

/** Decodes the line at `start`; undefined when it is not a whole line. */
export function decodeLine(bytes: Uint8Array, start: number): DecodedLine | undefined {
  const comma = bytes.indexOf(COMMA, start + LENGTH_AT);
  if (comma < 0 || comma - start >= HEAD_BYTES_MAX) return undefined;
  const head = HEAD.exec(latin(bytes.subarray(start, comma + 1)));
  if (head === null) return undefined;
  const from = comma + 1;
  const to = from + Number(head[2]);
  if (bytes[to] !== CLOSING || bytes[to + 1] !== LINE_END) return undefined;
  const body = bytes.subarray(from, to);
  if (crcText(body) !== head[1]) return undefined;
  const entry = entryOf(body);
  return entry && { entry, end: to + 2 };
}

/** Returns the offset of a whole line after `start`; -1 = none, so the tail is torn. */
export function nextWholeLine(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(LINE_END, start); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) {
    if (decodeLine(bytes, at + 1)) return at + 1;
  }
  return -1;
}

function entryOf(body: Uint8Array): JournalEntry | undefined {
  try {
    const { position, topic, at, record } = JSON.parse(TEXT.decode(body));
    return { position, topic, atUs: usOfIso(at), record };
  } catch {
    return undefined;
  }
}

function crcText(body: Uint8Array): string {
  return crc32(body).toString(16).padStart(8, "0");
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
