import { StorageError } from "@ssmd/runtime";
import { readCapture } from "./capture.ts";
import { type CaptureHeader, type CaptureLine, textOfLine } from "./capture_line.ts";
import { numberField, stringField } from "./json_text.ts";
import { KRAKEN_DEPTHS } from "./kraken/session.ts";
import { SIMULATED_VENUES, type SimulatedVenue } from "./options.ts";

/** Lines that follow each other and are of one connection. */
export interface CaptureSection {
  /** What the line before them tells; absent = the recorder was not ours. */
  header?: CaptureHeader;
  /** Time of its first line, µs; NaN = it has none. */
  firstUs: number;
}

/** Lines of a capture that cannot be read. */
export interface UnreadableLines {
  count: number;
  /** Number of the first of them, from 1; blank lines are not counted. */
  line: number;
  /** What is wrong with it. */
  why: string;
}

/** What a capture holds. */
export interface CaptureSummary {
  /** Path. */
  file: string;
  /** Where it was recorded. */
  venue: SimulatedVenue;
  /** The venue's names, in the order of their appearance. */
  symbols: string[];
  /** Kraken: markets of which a subscription was refused. */
  refused: string[];
  /** Channels with data. */
  channels: string[];
  /** Channels whose subscription reply is among the frames. */
  acknowledged: string[];
  /** Kraken: book depths by symbol. */
  depths: Record<string, number[]>;
  /** Kraken: the depth of the books when they all have one. */
  depth?: number;
  /** In the order of the file; one where no line names connections. */
  sections: CaptureSection[];
  /** Absent = all lines can be read. */
  unreadable?: UnreadableLines;
  /** Kraken: most digits after the point that the file shows, by symbol. */
  priceDecimals: Record<string, number>;
  /** The same of sizes. */
  sizeDecimals: Record<string, number>;
  /** Kalshi: the first `sid` of each channel. */
  sids: Record<string, number>;
  /** Recorded frames, markers not counted. */
  frames: number;
  /** Kraken: whether heartbeats are among the frames. */
  heartbeats: boolean;
  /** Time of the first frame, µs since 1970. */
  firstUs: number;
  /** Time of the last frame. */
  lastUs: number;
}

/** Kalshi's channel of a type of message; undefined for replies. */
export function kalshiChannel(type: string | undefined): string | undefined {
  switch (type) {
    case "orderbook_delta":
    case "orderbook_snapshot":
      return "orderbook_delta";
    case "ticker":
    case "trade":
      return type;
    case "market_lifecycle_v2":
    case "event_lifecycle":
    case "event_fee_update":
      return "market_lifecycle_v2";
    default:
      return undefined;
  }
}

function include(list: string[], value: string | undefined): void {
  if (value !== undefined && !list.includes(value)) list.push(value);
}

function decimalsIn(text: string, key: RegExp): number {
  let most = 0;
  for (const [, number = ""] of text.matchAll(key)) {
    const point = number.indexOf(".");
    if (point >= 0) most = Math.max(most, number.length - point - 1);
  }
  return most;
}

function noteDepth(summary: Summary, symbol: string, depth: number): void {
  const depths = summary.depths[symbol] ??= [];
  if (!depths.includes(depth)) depths.push(depth);
}

function noteKraken(summary: Summary, text: string): void {
  const channel = stringField(text, "channel");
  const symbol = stringField(text, "symbol");
  if (channel === "heartbeat") summary.heartbeats = true;
  if (text.includes(`"success":false`) && stringField(text, "method") === "subscribe") {
    include(summary.refused, symbol);
  }
  if (channel === undefined || symbol === undefined) return;
  if (text.includes(`"method":`)) {
    if (!text.includes(`"success":true`) || !text.includes(`"subscribe"`)) return;
    include(summary.acknowledged, channel);
    if (channel === "book") noteDepth(summary, symbol, numberField(text, "depth"));
    return;
  }
  if (channel !== "book" && channel !== "trade" && channel !== "ticker") return;
  include(summary.channels, channel);
  include(summary.symbols, symbol);
  if (channel === "ticker") return;
  const price = decimalsIn(text, /"price":\s*([\d.]+)/g);
  const size = decimalsIn(text, /"qty":\s*([\d.]+)/g);
  summary.priceDecimals[symbol] = Math.max(summary.priceDecimals[symbol] ?? 0, price);
  summary.sizeDecimals[symbol] = Math.max(summary.sizeDecimals[symbol] ?? 0, size);
  if (channel === "book" && summary.depths[symbol] === undefined) {
    const levels = text.slice(0, text.indexOf(`"asks"`)).split(`"price"`).length - 1;
    if (stringField(text, "type") !== "snapshot") return;
    noteDepth(summary, symbol, KRAKEN_DEPTHS.find((depth) => depth >= levels) ?? 1000);
  }
}

function noteKalshi(summary: Summary, text: string): void {
  const type = stringField(text, "type");
  if (type === "subscribed") {
    const channel = stringField(text, "channel");
    include(summary.acknowledged, channel);
    if (channel !== undefined) summary.sids[channel] ??= numberField(text, "sid");
    return;
  }
  const channel = kalshiChannel(type);
  if (channel === undefined) return;
  include(summary.channels, channel);
  include(summary.symbols, stringField(text, "market_ticker"));
  summary.sids[channel] ??= numberField(text, "sid");
}

function venueOf(text: string): SimulatedVenue | undefined {
  if (text.includes(`"channel":`) && !text.includes(`"sid":`)) return "kraken";
  return text.includes(`"type":`) ? "kalshi" : undefined;
}

type Summary = Omit<CaptureSummary, "venue"> & { venue: SimulatedVenue | undefined };

function emptySummary(file: string): Summary {
  return {
    ...{ file, venue: undefined, symbols: [], channels: [], acknowledged: [] },
    ...{ refused: [], sections: [] },
    ...{ depths: {}, priceDecimals: {}, sizeDecimals: {}, sids: {} },
    ...{ frames: 0, heartbeats: false, firstUs: NaN, lastUs: NaN },
  };
}

function note(summary: Summary, line: CaptureLine, number: number): void {
  if (line.kind === "capture") {
    summary.sections.push({ header: line.header, firstUs: NaN });
    summary.venue ??= SIMULATED_VENUES.find((each) => each === line.header.venue);
    return;
  }
  if (line.kind === "unreadable") {
    const unreadable = summary.unreadable ??= { count: 0, line: number, why: line.why };
    unreadable.count++;
    return;
  }
  let section = summary.sections.at(-1);
  if (section === undefined) summary.sections.push(section = { firstUs: line.atUs });
  if (Number.isNaN(section.firstUs)) section.firstUs = line.atUs;
  const text = textOfLine(line);
  if (text !== undefined) noteFrame(summary, text, line.atUs);
}

function noteFrame(summary: Summary, text: string, atUs: number): void {
  const venue = summary.venue ??= venueOf(text);
  if (summary.frames++ === 0) summary.firstUs = atUs;
  summary.lastUs = atUs;
  if (venue === "kraken") noteKraken(summary, text);
  else if (venue === "kalshi") noteKalshi(summary, text);
}

/**
 * Reads a capture once and tells what it holds. Throws StorageError `CAPTURE_UNREADABLE`,
 * `CAPTURE_DAMAGED` or `CAPTURE_EMPTY`.
 */
export async function inspectCapture(file: string): Promise<CaptureSummary> {
  const summary = emptySummary(file);
  let line = 0;
  for await (const lines of readCapture(file)) {
    for (const each of lines) note(summary, each, ++line);
  }
  const { venue } = summary;
  if (venue === undefined) {
    const { frames, unreadable } = summary;
    const wrong = unreadable === undefined ? "" : ` Line ${unreadable.line}: ${unreadable.why}.`;
    throw new StorageError(
      "CAPTURE_EMPTY",
      `The capture ${file} holds no frame of a known venue.${wrong}`,
      {
        context: { file, frames, unreadable: unreadable?.count ?? 0 },
        hint: `Lines must read {"t":"<ns>","m":<frame>}.`,
      },
    );
  }
  const depths = new Set(Object.values(summary.depths).flat());
  const [only] = depths;
  return { ...summary, venue, ...(depths.size === 1 && only !== undefined ? { depth: only } : {}) };
}
