import { NORMALIZED_VERSION, readArchive } from "@ssmd/archive";
import type { EventType, MarketEvent } from "@ssmd/market";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";

/** Which of the archiver's own records are wanted. */
interface ArchivedSpan {
  env: string;
  feed: string;
  /** Default all. */
  types?: EventType[];
  /** µs since 1970. */
  fromUs: number;
  /** Behind the last one, µs. */
  toUs: number;
}

/** The records that are archived of a span, none where the feed is not known. Throws as `readArchive`. */
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

/** What names a record in the archive; those of older schemas have neither run nor connection. */
export function recordName(event: MarketEvent): string {
  const { type, symbol, receivedAtUs, run = 0, connection = 0, sequence } = event;
  return `${type} ${symbol} ${receivedAtUs} ${run} ${connection} ${sequence}`;
}
