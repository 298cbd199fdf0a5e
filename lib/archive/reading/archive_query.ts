import { ArchiveError, isoOfUs } from "@ssmd/runtime";
import { EVENT_TYPES, type EventType, type Gap, isDerived } from "@ssmd/market";
import type { ClockQuery } from "./clock_filter.ts";

/** The year 2200: a time in µs beyond 2255 is not exact in a double. */
export const TIME_US_MAX = Date.UTC(2200, 0) * 1000;

/** Which records of the archive are read. */
export interface ArchiveQuery {
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Default all. */
  types?: readonly EventType[];
  /** Our names of the markets, `_all` for news of the whole feed; default all. */
  symbols?: readonly string[];
  /** receivedAt from here on, µs; default the first day. */
  fromUs?: number;
  /** receivedAt before this, µs; default to the last record. */
  toUs?: number;
  /** Version of the normalized records; default the active one of the day, of fires and actions the archiver's. */
  version?: string;
  /** Only records that are known to be timed by such a clock; see ClockFilter. Default all. */
  clock?: ClockQuery;
}

/** A file of the archive that could not be read whole, while reading went on. */
export interface ArchiveCorruption {
  /** What was found, with key and place. */
  error: ArchiveError;
  /** Where records are missing: from the last one that was read to the end of what was lost. */
  gap: Gap;
}

/** How an archive is read. */
export interface ArchiveReadOptions {
  /**
   * Called for each file or frame that cannot be read; then reading goes on behind it. The gap is
   * also given as a record at its place, unless the query leaves gaps out. Absent = the damage is
   * thrown once everything before it was given.
   */
  onCorruption?: (corruption: ArchiveCorruption) => void;
  /** Bytes of files that are fetched before their time; default 32 MiB. */
  readAheadBytesMax?: number;
  /** Requests to storage at the same time; default 8. */
  requestsMax?: number;
}

/** Whether fires or actions are asked for without a version: they have one of their own. */
export function readsDerived({ types, version }: Pick<ArchiveQuery, "types" | "version">): boolean {
  return version === undefined && (types === undefined || types.some(isDerived));
}

/** Refuses a query that cannot be meant. Throws ArchiveError `QUERY_INVALID`. */
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
