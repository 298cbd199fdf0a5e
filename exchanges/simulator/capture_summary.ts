import type { CaptureHeader } from "./capture_line.ts";
import type { SimulatedVenueId } from "./options.ts";

/** Lines that follow each other and are of one connection. */
export interface CaptureSection {
  /** What the line before them tells; absent = the recorder was not ours. */
  header?: CaptureHeader;
  /** Time of its first line, µs; NaN = it has none. */
  firstUs: number;
}

/** Lines of a capture that cannot be read. */
interface UnreadableLines {
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
  venue: SimulatedVenueId;
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

/** A summary that is being made. */
export type SummaryDraft = Omit<CaptureSummary, "venue"> & { venue: SimulatedVenueId | undefined };

/** Adds a word that is not there yet. */
export function include(list: string[], value: string | undefined): void {
  if (value !== undefined && !list.includes(value)) list.push(value);
}
