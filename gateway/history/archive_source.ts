import type { EventType, MarketEvent } from "@ssmd/market";
import type { GapSpan } from "./gap_span.ts";

/** Which records of a market are read. */
export interface ArchiveSlice {
  feed: string;
  /** Absent = of all. */
  symbol?: string;
  type: EventType;
  /** receivedAt, µs. */
  fromUs: number;
  /** The first moment that is left out, µs. */
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
  /** Whether its files are one sealed Parquet file a type. */
  sealed: boolean;
  /** Share of the captured time that lies in no gap: 0…1. */
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

/** The archive as the gateway reads it. All calls may throw StorageError or ArchiveError. */
export interface ArchiveSource {
  /**
   * Records in order of receivedAt, then sequence, in batches. `onCorruption` receives
   * unreadable spans, and reading continues behind them. Stops when the caller stops iterating.
   */
  read(
    slice: ArchiveSlice,
    onCorruption: (gap: GapSpan) => void,
  ): AsyncIterable<readonly MarketEvent[]>;
  /** Days (`YYYY-MM-DD`) of a span that may have records: all others have none. */
  dayNames(feed: string, fromUs: number, toUs: number): Promise<string[]>;
  /** The archived days of a feed, oldest first. */
  days(feed: string, fromUs: number, toUs: number): Promise<ArchivedDay[]>;
  /** All that was received of a feed before this moment is in the archive, µs; 0 = nothing is known. */
  coveredUs(feed: string): Promise<number>;
  /** How many dead letters are kept of each component that has some. */
  deadLetters(): Promise<Record<string, number>>;
}
