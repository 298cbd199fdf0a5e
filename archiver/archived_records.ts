import { NORMALIZED_VERSION, readArchive } from "@ssmd/archive";
import type { EventType, MarketEvent } from "@ssmd/market";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";

/** Span of archived records to read. */
interface ArchivedSpan {
  env: string;
  feed: string;
  /** Default all. */
  types?: EventType[];
  /** µs since 1970. */
  fromUs: number;
  /** Exclusive end, µs. */
  toUs: number;
}

/** Yields the archived records of a span; none for an unknown feed. Throws as `readArchive`. */
export async function* archivedRecords(
  storage: Storage,
  span: ArchivedSpan,
): AsyncGenerator<MarketEvent, void> {
  try {
    for await (const batch of readArchive(storage, { ...span, version: NORMALIZED_VERSION })) {
      yield* batch;
    }
  } catch (error) {
    if (!(error instanceof ArchiveError && error.code === "ARCHIVE_NOT_FOUND")) throw error;
  }
}

/** Returns a record's unique name in the archive; run and connection are 0 in older schemas. */
export function recordName(event: MarketEvent): string {
  const { type, symbol, receivedAtUs, run = 0, connection = 0, sequence } = event;
  return `${type} ${symbol} ${receivedAtUs} ${run} ${connection} ${sequence}`;
}
