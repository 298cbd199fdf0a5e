import { ArchiveError } from "@ssmd/runtime";

/** A market as it was captured; the shape of an adapter's symbol. */
interface CaptureSymbol {
  /** Ours. */
  symbol: string;
  /** The venue's. */
  external: string;
  /** Levels a side where the venue was asked for it. */
  depth?: number;
  /** Of a recording that does not show what was asked for. */
  isOrderUnknown?: true;
}

/** How a machine's clock is set. */
export interface CaptureClock {
  /** What sets it: `chrony`, `ntp`, `ptp`, `gps`; `system` = not said. */
  source: string;
  /** `synchronized`, `unsynchronized` or `unknown`. */
  status: string;
  /** How far it was off when it was asked, µs, positive = fast; null = not known. */
  offsetUs: number | null;
  /** Why it is `unsynchronized`, for a person. */
  why?: string;
}

/** Who captured what, where, by which clock and software: the first line of a raw file. */
export interface CaptureInfo {
  /** Life of the connector, as in message ids. */
  run: string;
  /** Name of the connection, as in the file's name. */
  connection: string;
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Id of the venue whose wire format this is. */
  venue: string;
  /** Id of the normalizer of the lines where it is not that of their day: they were recorded before. */
  normalizer?: string;
  /** Address the socket was opened to. */
  endpoint: string;
  /** Markets that the connection carries. */
  symbols: CaptureSymbol[];
  /** Where the machine stands (`eu-central`), "" = not said. */
  location: string;
  /** Name of the machine. */
  host: string;
  /** The clock that times the lines. */
  clock: CaptureClock;
  /** What captured. */
  software: { version: string; commit: string };
  /** Lines of this connection in earlier files of the run. */
  linesBefore: number;
  /** Whether its records are those of the feed in the run's turns alone; absent = always. */
  inTurns?: boolean;
}

/** What a `resumed` line tells of the run before it; of other events only `fromUs`. */
export interface RunBefore {
  /** Last moment known to be good, µs. */
  fromUs?: number;
  /** Whether it was stopped on purpose. */
  planned?: boolean;
  /** What it knew of the connection's markets, by the venue's name: the normalizer's own. */
  carried?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A line of a raw file. Times are µs. */
export type RawLine =
  /** A frame that is JSON, its text as it came. */
  | { kind: "frame"; atUs: number; text: string }
  /** A frame that is no JSON, or has a line break in it. */
  | { kind: "binary"; atUs: number; bytes: Uint8Array }
  /** `connect`, `disconnect`, or `resumed` with what is known of the run before. */
  | { kind: "event"; atUs: number; name: string; why: string } & RunBefore
  | { kind: "capture"; info: CaptureInfo };

const TIME_DIGITS_MAX = 19;

/** Nanoseconds as text of a time in µs. */
export function nsText(us: number): string {
  return us === 0 ? "0" : `${us}000`;
}

/** Time in µs of nanoseconds as text; digits below the µs are cut. NaN when it is none. */
export function usOfNsText(text: string): number {
  return usOfNsDigits(text, 0, text.length);
}

/** Digit by digit: a regular expression and a cut-out text a line cost a tenth of a reprocess. */
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

/** The line, with its line break, of a frame that is no JSON. */
export function binaryLine(atUs: number, bytes: Uint8Array): string {
  return `{"t":"${nsText(atUs)}","x":"${bytes.toBase64()}"}\n`;
}

/** The line, with its line break, of an event of the connection. */
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

/** The first line, with its line break, of a raw file. */
export function captureLine(info: CaptureInfo): string {
  return JSON.stringify({ _capture: info }) + "\n";
}

function invalid(line: string, why: string): ArchiveError {
  return new ArchiveError("RAW_LINE_INVALID", `A raw line cannot be read: ${why}`, {
    hint: "The file is damaged or was not written by ssmd",
    context: { line: line.length > 120 ? `${line.slice(0, 120)}…` : line },
  });
}

/** Reads a line without its line break. Throws ArchiveError `RAW_LINE_INVALID`. */
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
    // Said below, with the line.
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
