import type { Buffer } from "node:buffer";
import { ArchiveError } from "@ssmd/runtime";

/** A captured market; same shape as an adapter's symbol. */
interface CaptureSymbol {
  /** Our symbol. */
  symbol: string;
  /** The venue's symbol. */
  external: string;
  /** Subscribed depth, levels per side; absent when not requested. */
  depth?: number;
  /** Set for a recording that does not show the subscribed depth. */
  isOrderUnknown?: true;
}

/** Synchronization of a machine's clock. */
export interface CaptureClock {
  /** Clock source: `chrony`, `ntp`, `ptp`, `gps`; `system` = not configured. */
  source: string;
  /** `synchronized`, `unsynchronized` or `unknown`. */
  status: string;
  /** Measured offset, µs, positive = fast; null = unknown. */
  offsetUs: number | null;
  /** Why it is `unsynchronized`, for people. */
  why?: string;
}

/** First line of a raw file: what was captured, where, and with which clock and software. */
export interface CaptureInfo {
  /** Run of the connector, as in message ids. */
  run: string;
  /** Connection name, as in the file's name. */
  connection: string;
  env: string;
  feed: string;
  /** Venue id, which determines the wire format. */
  venue: string;
  /** Normalizer id, when the lines were recorded earlier and need another one than their day's. */
  normalizer?: string;
  /** Endpoint of the socket. */
  endpoint: string;
  /** Markets on the connection. */
  symbols: CaptureSymbol[];
  /** Location of the machine (`eu-central`); "" = not configured. */
  location: string;
  host: string;
  /** Clock of the lines' timestamps. */
  clock: CaptureClock;
  /** Software that captured. */
  software: { version: string; commit: string };
  /** Lines of this connection in earlier files of the run. */
  linesBefore: number;
  /** Whether its records belong to the feed only during the run's turns; absent = always. */
  inTurns?: boolean;
}

/** What a `resumed` line says about the previous run; other events have only `fromUs`. */
export interface RunBefore {
  /** Last moment known to be complete, µs. */
  fromUs?: number;
  /** Whether it was stopped on purpose. */
  planned?: boolean;
  /** Normalizer state carried over, by the venue's symbol. */
  carried?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A line of a raw file. Times are µs. */
export type RawLine =
  /** A JSON frame, verbatim. */
  | { kind: "frame"; atUs: number; text: string }
  /** A frame that is not JSON or contains a line break. */
  | { kind: "binary"; atUs: number; bytes: Uint8Array }
  /** `connect`, `disconnect`, or `resumed` with what is known of the previous run. */
  | { kind: "event"; atUs: number; name: string; why: string } & RunBefore
  | { kind: "capture"; info: CaptureInfo };

/** A JSON frame in its line, where `}` and a line feed follow it. */
export interface RawFrameInLine {
  kind: "line";
  atUs: number;
  lines: Buffer<ArrayBuffer>;
  /** Offset of its first byte. */
  start: number;
  /** Offset after its last byte. */
  end: number;
}

const TIME_DIGITS_MAX = 19;
const CLOSE_BRACE = 125;
/** Length of `{"t":"` and, after the time, `","m":`. */
const HEAD_BYTES = 6;

/** Formats a time in µs as nanosecond text. */
export function nsText(us: number): string {
  return us === 0 ? "0" : `${us}000`;
}

/** Parses nanosecond text to µs; digits below 1 µs are truncated. NaN when invalid. */
export function usOfNsText(text: string): number {
  return usOfNsDigits(text, 0, text.length);
}

/** Parse digit by digit: a regular expression and a substring per line cost 10% of a reprocess. */
function usOfNsDigits(text: string, start: number, end: number): number {
  if (end <= start || end - start > TIME_DIGITS_MAX) return NaN;
  let us = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return NaN;
    if (i < end - 3) us = us * 10 + digit;
  }
  return us;
}

/** Formats a frame that is not JSON as a line, including its line break. */
export function binaryLine(atUs: number, bytes: Uint8Array): string {
  return `{"t":"${nsText(atUs)}","x":"${bytes.toBase64()}"}\n`;
}

/** Formats a connection event as a line, including its line break. */
export function eventLine(
  atUs: number,
  name: string,
  why: string,
  { fromUs, planned, carried }: RunBefore = {},
): string {
  return JSON.stringify({
    ...{ t: nsText(atUs), e: name, why },
    ...(fromUs !== undefined && { from: nsText(fromUs) }),
    ...(planned && { planned }),
    ...(carried !== undefined && { carried }),
  }) + "\n";
}

/** Formats the first line of a raw file, including its line break. */
export function captureLine(info: CaptureInfo): string {
  return JSON.stringify({ _capture: info }) + "\n";
}

function invalid(line: string, why: string): ArchiveError {
  return new ArchiveError("RAW_LINE_INVALID", `A raw line cannot be read: ${why}`, {
    hint: "The file is damaged or was not written by ssmd",
    context: { line: line.length > 120 ? `${line.slice(0, 120)}…` : line },
  });
}

/**
 * Parses the line from `start` to its line feed at `end`; of a usual frame no text is made. Throws
 * ArchiveError `RAW_LINE_INVALID`.
 */
export function parseLineBytes(
  lines: Buffer<ArrayBuffer>,
  start: number,
  end: number,
): RawFrameInLine | RawLine {
  const timeAt = start + HEAD_BYTES;
  const quote = timeAt + TIME_DIGITS_MAX;
  const frameAt = quote + HEAD_BYTES;
  const isFrame = frameAt < end - 1 && lines[end - 1] === CLOSE_BRACE &&
    isTimeHead(lines, start) && isFrameHead(lines, quote);
  const atUs = isFrame ? usOfNsBytes(lines, timeAt) : NaN;
  if (atUs >= 0) return { kind: "line", atUs, lines, start: frameAt, end: end - 1 };
  return parseRawLine(lines.toString("utf8", start, end));
}

/** `{"t":"` */
function isTimeHead(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 123 && bytes[at + 1] === 34 && bytes[at + 2] === 116 &&
    bytes[at + 3] === 34 && bytes[at + 4] === 58 && bytes[at + 5] === 34;
}

/** `","m":` */
function isFrameHead(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 34 && bytes[at + 1] === 44 && bytes[at + 2] === 34 &&
    bytes[at + 3] === 109 && bytes[at + 4] === 34 && bytes[at + 5] === 58;
}

/** Eight digits, which a small integer holds; -1 when invalid. */
function eightDigits(bytes: Uint8Array, start: number): number {
  let value = 0;
  for (let i = start; i < start + 8; i++) {
    const digit = (bytes[i] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Nanoseconds of today's length as µs; NaN when invalid. */
function usOfNsBytes(bytes: Uint8Array, start: number): number {
  const high = eightDigits(bytes, start);
  const low = eightDigits(bytes, start + 8);
  for (let i = start + 16; i < start + TIME_DIGITS_MAX; i++) {
    const digit = (bytes[i] as number) - 48;
    if (digit < 0 || digit > 9) return NaN;
  }
  return high < 0 || low < 0 ? NaN : high * 1e8 + low;
}

/** Parses a line without its line break. Throws ArchiveError `RAW_LINE_INVALID`. */
export function parseRawLine(line: string): RawLine {
  if (!line.startsWith('{"t":"')) return parseCapture(line);
  const quote = line.indexOf('"', 6);
  const atUs = usOfNsDigits(line, 6, quote);
  if (quote < 0 || Number.isNaN(atUs)) throw invalid(line, "its time is no number");
  const body = quote + 6;
  if (line.charCodeAt(line.length - 1) !== 125) throw invalid(line, "it does not end in }");
  if (line.startsWith(',"m":', quote + 1)) {
    if (body >= line.length - 1) throw invalid(line, "its frame is empty");
    return { kind: "frame", atUs, text: line.slice(body, -1) };
  }
  if (line.startsWith(',"x":"', quote + 1)) {
    return { kind: "binary", atUs, bytes: bytesOf(line, body + 1) };
  }
  if (line.startsWith(',"e":"', quote + 1)) return parseEvent(line, atUs);
  throw invalid(line, "after the time stands neither m, x nor e");
}

function bytesOf(line: string, start: number): Uint8Array {
  if (!line.endsWith('"}')) throw invalid(line, "its base64 is not closed");
  try {
    return Uint8Array.fromBase64(line.slice(start, -2));
  } catch {
    throw invalid(line, "its base64 is not valid");
  }
}

function parsed(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Falls through to the error below, which shows the line.
  }
  throw invalid(line, "it is no JSON object");
}

function parseEvent(line: string, atUs: number): RawLine {
  const { e, why, from, planned, carried } = parsed(line);
  const fromUs = from === undefined ? undefined : usOfNsText(String(from));
  if (Number.isNaN(fromUs)) throw invalid(line, "its from is no time");
  if (carried !== undefined && !isCarried(carried)) {
    throw invalid(line, "its carried is no object of objects");
  }
  return {
    ...{ kind: "event", atUs, name: String(e), why: typeof why === "string" ? why : "" },
    ...(fromUs !== undefined && { fromUs }),
    ...(planned === true && { planned }),
    ...(carried !== undefined && { carried }),
  };
}

function isCarried(value: unknown): value is NonNullable<RunBefore["carried"]> {
  const isObject = (each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each);
  return isObject(value) && Object.values(value as object).every(isObject);
}

function parseCapture(line: string): RawLine {
  if (!line.startsWith('{"_capture":')) {
    throw invalid(line, 'it begins neither {"t" nor {"_capture"');
  }
  const info = parsed(line)["_capture"] as Partial<CaptureInfo> | null;
  const whole = typeof info?.run === "string" && typeof info.connection === "string" &&
    typeof info.feed === "string" && Array.isArray(info.symbols) &&
    Number.isSafeInteger(info.linesBefore);
  if (!whole) throw invalid(line, "run, connection, feed, symbols or linesBefore is missing");
  return { kind: "capture", info: info as CaptureInfo };
}
