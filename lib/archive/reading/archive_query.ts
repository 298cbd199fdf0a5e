import { ArchiveError, isoOfUs } from "@ssmd/runtime";
import { EVENT_TYPES, type EventType, type Gap, isDerived } from "@ssmd/market";
import type { ClockQuery } from "./clock_filter.ts";

/** The year 2200; times in µs beyond 2255 are not exact in a double. */
export const TIME_US_MAX = Date.UTC(2200, 0) * 1000;

/** Selection of archived records. */
export interface ArchiveQuery {
  env: string;
  feed: string;
  /** Default: all. */
  types?: readonly EventType[];
  /** Our market symbols, `_all` for records of the whole feed; default: all. */
  symbols?: readonly string[];
  /** Start of receivedAt (inclusive), µs; default: the first day. */
  fromUs?: number;
  /** End of receivedAt (exclusive), µs; default: the last record. */
  toUs?: number;
  /** Normalized version; default: the day's active one, for fires and actions the archiver's. */
  version?: string;
  /** Only records known to be timed by such a clock; see ClockFilter. Default: all. */
  clock?: ClockQuery;
}

/** A file that could not be fully read, while reading continued. */
export interface ArchiveCorruption {
  /** The error, with key and offset. */
  error: ArchiveError;
  /** Span of the missing records: from the last one read to the end of the lost data. */
  gap: Gap;
}

/** Options for reading an archive. */
export interface ArchiveReadOptions {
  /**
   * Called for each unreadable file or frame; reading then continues after it. The gap is also
   * yielded as a record at its time, unless the query excludes gaps. Absent = the corruption is
   * thrown after everything before it was yielded.
   */
  onCorruption?: (corruption: ArchiveCorruption) => void;
  /** Bytes of files to prefetch; default 32 MiB. */
  readAheadBytesMax?: number;
  /** Concurrent storage requests; default 8. */
  requestsMax?: number;
}

/** Returns whether fires or actions are read without an explicit version: they use their own. */
export function readsDerived({ types, version }: Pick<ArchiveQuery, "types" | "version">): boolean {
  return version === undefined && (types === undefined || types.some(isDerived));
}

/** Validates a query. Throws ArchiveError `QUERY_INVALID`. */
export function assertQuery({ types, symbols, fromUs, toUs }: ArchiveQuery): void {
  const strange = types?.find((type) => !EVENT_TYPES.includes(type));
  if (strange !== undefined) {
    throw invalid(`"${strange}" is no type of record`, `Types are ${EVENT_TYPES.join(", ")}`);
  }
  if (types?.length === 0) throw invalid("No type of record is asked for", "Leave types out");
  if (symbols?.length === 0) throw invalid("No symbol is asked for", "Leave symbols out");
  for (const us of [fromUs, toUs]) {
    if (us === undefined || (us >= 0 && us < TIME_US_MAX)) continue;
    throw invalid(`${us} µs is no time of an archive`, "Times are µs since 1970");
  }
  if (fromUs !== undefined && toUs !== undefined && fromUs >= toUs) {
    const span = `${isoOfUs(fromUs)} to ${isoOfUs(toUs)}`;
    throw invalid(`The span ${span} is empty`, "The end is the first moment that is left out");
  }
}

function invalid(message: string, hint: string): ArchiveError {
  return new ArchiveError("QUERY_INVALID", message, { hint });
}
