import type { EventType, MarketEvent } from "@ssmd/market";
import type { GapSpan } from "./gap_span.ts";

/** Selection of archived records. */
export interface ArchiveSlice {
  feed: string;
  /** Symbol; absent = all. */
  symbol?: string;
  type: EventType;
  /** Start, receivedAt, µs. */
  fromUs: number;
  /** End, exclusive, µs. */
  toUs: number;
}

/** Counts of one record type on an archived day. */
interface TypeTally {
  type: EventType;
  files: number;
  records: number;
  bytes: number;
}

/** Manifest data of an archived day. */
export interface ArchivedDay {
  feed: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  version: string;
  status: "open" | "complete" | "partial" | "failed";
  /** Whether the files are one sealed Parquet file per type. */
  sealed: boolean;
  /** Share of the captured time outside of gaps: 0…1. */
  quality: number;
  symbols: number;
  records: number;
  bytes: number;
  /** receivedAt of the earliest record, µs; 0 = none. */
  fromUs: number;
  /** receivedAt of the latest record, µs; 0 = none. */
  toUs: number;
  types: TypeTally[];
  gaps: GapSpan[];
}

/** The archive, as read by the gateway. All calls may throw StorageError or ArchiveError. */
export interface ArchiveSource {
  /**
   * Yields records in order of receivedAt, then sequence, in batches. `onCorruption` receives
   * unreadable spans, which are skipped. Stops when the caller stops iterating.
   */
  read(
    slice: ArchiveSlice,
    onCorruption: (gap: GapSpan) => void,
  ): AsyncIterable<readonly MarketEvent[]>;
  /** Returns the days (`YYYY-MM-DD`) of a span that may have records; all others have none. */
  dayNames(feed: string, fromUs: number, toUs: number): Promise<string[]>;
  /** Returns the archived days of a feed, oldest first. */
  days(feed: string, fromUs: number, toUs: number): Promise<ArchivedDay[]>;
  /** Returns the gaps that reach into a span, also into days without records, oldest first. */
  gaps(feed: string, fromUs: number, toUs: number): Promise<GapSpan[]>;
  /** Returns the time before which a feed is completely archived, µs; 0 = unknown. */
  coveredUs(feed: string): Promise<number>;
  /** Returns the number of dead letters by component, without components that have none. */
  deadLetters(): Promise<Record<string, number>>;
}
