import { Buffer } from "node:buffer";

/** A market in the first line of our raw files. */
interface CaptureMarket {
  /** Our symbol. */
  symbol: string;
  /** The venue's symbol. */
  external: string;
  /** Book levels per side, if the subscription had a depth. */
  depth?: number;
}

/** Header of the following lines (`{"_capture":…}`), with the fields that playback needs. */
export interface CaptureHeader {
  /** Connection name. */
  connection: string;
  /** Venue id. */
  venue: string;
  /** Subscribed markets. */
  symbols: CaptureMarket[];
  /** Wire format of the lines, if not that of their day. */
  normalizer?: string;
  /** Lines of the connection in earlier files. */
  linesBefore: number;
}

/** A line of a recording. Times are µs since 1970. */
export type CaptureLine =
  /** A frame, with its text as in the file. */
  | { kind: "frame"; atUs: number; text: string }
  /** A frame that is not JSON. */
  | { kind: "binary"; atUs: number; bytes: Uint8Array }
  /** An event of the recorder or of its connection. */
  | CaptureEvent
  | { kind: "capture"; header: CaptureHeader }
  /** Any other line, with its text and the reason. */
  | { kind: "unreadable"; text: string; why: string };

/** An `e` line; synonyms of other recorders are mapped to our names. */
export interface CaptureEvent {
  kind: "event";
  atUs: number;
  name: string;
  why: string;
  fromUs?: number;
  planned?: boolean;
  carried?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const TIME_DIGITS_MAX = 19;
/** Other recorders' names of our `connect` and `disconnect`. */
const CONNECTED = /^(ws|websocket|socket)?_?(re)?(connect(ed)?|open(ed)?)$/i;
const DISCONNECTED = /^(ws|websocket|socket)?_?(disconnect(ed)?|close[d]?)$/i;

/**
 * Parses a line without its line break: `{"t":"<ns>","m":<frame>}` with any key order and white
 * space, `x` (base64) or `e` in place of `m`, or `{"_capture":…}`. Undefined = blank.
 */
export function parseCaptureLine(line: string): CaptureLine | undefined {
  const text = line.trim();
  if (text === "") return undefined;
  return frameOf(text) ?? memberLine(text);
}

/** Text of a frame; undefined for other lines. */
export function textOfLine(line: CaptureLine): string | undefined {
  if (line.kind === "frame") return line.text;
  return line.kind === "binary" ? Buffer.from(line.bytes).toString("utf8") : undefined;
}

/** Fast path for our own frames, the bulk of all lines: skips parsing of keys. */
function frameOf(text: string): CaptureLine | undefined {
  if (!text.startsWith('{"t":"') || !text.endsWith("}")) return undefined;
  const quote = text.indexOf('"', 6);
  if (!text.startsWith(',"m":', quote + 1)) return undefined;
  const atUs = usOfNs(text.slice(6, quote));
  const frame = text.slice(quote + 6, -1);
  return atUs === undefined || !isJson(frame) ? undefined : { kind: "frame", atUs, text: frame };
}

function memberLine(text: string): CaptureLine {
  const unreadable = (why: string) => ({ kind: "unreadable", text, why }) as const;
  const value = valueOf(text);
  if (value === undefined) return unreadable("it is no JSON object, or not a whole one");
  if (value["_capture"] !== undefined) return headerLine(text, value["_capture"]);
  const members = memberTexts(text);
  const atUs = usOfNs((members.get("t") ?? "").replaceAll('"', ""));
  if (atUs === undefined) return unreadable('"t" is no time in nanoseconds');
  const frame = members.get("m");
  if (frame !== undefined) return { kind: "frame", atUs, text: frame };
  if (typeof value["x"] === "string") {
    return { kind: "binary", atUs, bytes: Buffer.from(value["x"], "base64") };
  }
  if (typeof value["e"] === "string") return eventLine(value, value["e"], atUs);
  return unreadable('after the time stands neither "m", "x" nor "e"');
}

function eventLine(value: Record<string, unknown>, name: string, atUs: number): CaptureEvent {
  const { why, info, from, planned, carried } = value;
  const known = CONNECTED.test(name) ? "connect" : DISCONNECTED.test(name) ? "disconnect" : name;
  const said = typeof why === "string" ? why : info === undefined ? "" : JSON.stringify(info);
  const fromUs = from === undefined ? undefined : usOfNs(String(from));
  return {
    ...{ kind: "event", atUs, name: known, why: said },
    ...(fromUs === undefined ? {} : { fromUs }),
    ...(planned === true ? { planned } : {}),
    ...(isCarried(carried) ? { carried } : {}),
  };
}

function isCarried(value: unknown): value is NonNullable<CaptureEvent["carried"]> {
  return isObject(value) && Object.values(value).every(isObject);
}

function headerLine(text: string, value: unknown): CaptureLine {
  const { connection, venue, symbols = [], normalizer, linesBefore = 0 } = isObject(value)
    ? value
    : {};
  const isWhole = typeof connection === "string" && typeof venue === "string" &&
    Array.isArray(symbols) && symbols.every(isMarket) && Number.isSafeInteger(linesBefore);
  if (!isWhole) {
    return { kind: "unreadable", text, why: '"_capture" lacks its connection or venue' };
  }
  const header: CaptureHeader = {
    ...{ connection, venue, symbols: symbols as CaptureMarket[] },
    linesBefore: linesBefore as number,
    ...(typeof normalizer === "string" ? { normalizer } : {}),
  };
  return { kind: "capture", header };
}

function isMarket(value: unknown): boolean {
  return isObject(value) && typeof value["symbol"] === "string" &&
    typeof value["external"] === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function valueOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** µs from nanosecond digits; undefined when invalid. */
function usOfNs(digits: string): number | undefined {
  if (!/^\d+$/.test(digits) || digits.length > TIME_DIGITS_MAX) return undefined;
  return digits.length <= 3 ? 0 : Number(digits.slice(0, -3));
}

/** Source texts of an object's members, so that numbers in frames keep their text. */
function memberTexts(object: string): Map<string, string> {
  const members = new Map<string, string>();
  let depth = 0;
  let from = 0;
  let key: string | undefined;
  const end = (at: number) => {
    if (key !== undefined) members.set(key, object.slice(from, at).trim());
    key = undefined;
    from = at + 1;
  };
  for (let at = 0; at < object.length; at++) {
    const character = object[at] as string;
    if (character === '"') at = endOfString(object, at);
    else if (character === "{" || character === "[") {
      if (++depth === 1) from = at + 1;
    } else if (character === "}" || character === "]") {
      if (--depth === 0) end(at);
    } else if (depth === 1 && character === ",") end(at);
    else if (depth === 1 && character === ":") {
      key = JSON.parse(object.slice(from, at)) as string;
      from = at + 1;
    }
  }
  return members;
}

/** Index of the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
