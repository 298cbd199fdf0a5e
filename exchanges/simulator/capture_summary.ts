import type { CaptureHeader } from "./capture_line.ts";
import type { SimulatedVenueId } from "./options.ts";

/** Consecutive lines of one connection. */
export interface CaptureSection {
  /** Header before the lines; absent = from another recorder. */
  header?: CaptureHeader;
  /** Time of its first line, µs; NaN = no line. */
  firstUs: number;
}

/** Unreadable lines of a capture. */
interface UnreadableLines {
  count: number;
  /** Number of the first one, from 1; blank lines are not counted. */
  line: number;
  /** Reason. */
  why: string;
}

/** Contents of a capture. */
export interface CaptureSummary {
  /** Path. */
  file: string;
  /** Venue where it was recorded. */
  venue: SimulatedVenueId;
  /** The venue's symbols, in order of appearance. */
  symbols: string[];
  /** Kraken: symbols with a refused subscription. */
  refused: string[];
  /** Channels with data. */
  channels: string[];
  /** Channels with a recorded subscription reply. */
  acknowledged: string[];
  /** Kraken: book depths by symbol. */
  depths: Record<string, number[]>;
  /** Kraken: depth of the books if all have the same. */
  depth?: number;
  /** In file order; one if no line names connections. */
  sections: CaptureSection[];
  /** Absent = all lines are readable. */
  unreadable?: UnreadableLines;
  /** Kraken: most price decimals in the file, by symbol. */
  priceDecimals: Record<string, number>;
  /** Kraken: most size decimals in the file, by symbol. */
  sizeDecimals: Record<string, number>;
  /** Kalshi: the first `sid` of each channel. */
  sids: Record<string, number>;
  /** Number of frames, without markers. */
  frames: number;
  /** Kraken: whether heartbeats are among the frames. */
  heartbeats: boolean;
  /** Time of the first frame, µs since 1970. */
  firstUs: number;
  /** Time of the last frame. */
  lastUs: number;
}

/** A summary under construction. */
export type SummaryDraft = Omit<CaptureSummary, "venue"> & { venue: SimulatedVenueId | undefined };

/** Adds a value if absent. */
export function include(list: string[], value: string | undefined): void {
  if (value !== undefined && !list.includes(value)) list.push(value);
}
