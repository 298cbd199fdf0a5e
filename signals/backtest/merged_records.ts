import { type ArchiveQuery, readArchive } from "@ssmd/archive";
import { ArchiveError } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { compareMerged } from "../engine/watermark_merge.ts";

/** An archive query over several feeds. */
export type MergedQuery = Omit<ArchiveQuery, "feed"> & { feeds: readonly string[] };

/** Source of a backtest's records, ordered by receivedAt, feed, sequence. */
export type RecordSource = (query: MergedQuery) => AsyncGenerator<readonly MarketEvent[], void>;

interface Source {
  records: AsyncGenerator<readonly MarketEvent[], void>;
  batch: readonly MarketEvent[];
  at: number;
}

/**
 * Returns the archived records of several feeds, ordered by receivedAt, feed, sequence. Skips feeds
 * without an archive unless none has one. Throws as `readArchive`.
 */
export function mergedRecords(
  storage: Storage,
  query: MergedQuery,
): AsyncGenerator<readonly MarketEvent[], void> {
  return merge(query, (each) => readArchive(storage, each));
}

/** Returns a record source over the archive in a storage. */
export function archivedRecords(storage: Storage): RecordSource {
  return (query) => mergedRecords(storage, query);
}

/** Merges the ordered records of several feeds into one order. */
export async function* merge(
  { feeds, ...query }: MergedQuery,
  read: (query: ArchiveQuery) => AsyncGenerator<readonly MarketEvent[], void>,
): AsyncGenerator<readonly MarketEvent[], void> {
  const [only, ...others] = feeds;
  if (only !== undefined && others.length === 0) {
    yield* read({ ...query, feed: only });
    return;
  }
  const sources = feeds.map((feed): Source => ({
    records: read({ ...query, feed }),
    ...{ batch: [], at: 0 },
  }));
  try {
    await assertSomeArchived(sources);
    for (;;) {
      const filled: Source[] = [];
      for (const each of sources) if (await fill(each)) filled.push(each);
      if (filled.length === 0) return;
      yield merged(filled);
    }
  } finally {
    for (const { records } of sources) await records.return();
  }
}

/** Reads the first batch of each source. Throws when none of the feeds is archived. */
async function assertSomeArchived(sources: readonly Source[]): Promise<void> {
  let absent: ArchiveError | undefined;
  let count = 0;
  for (const source of sources) {
    try {
      await fill(source);
    } catch (error) {
      if (!(error instanceof ArchiveError) || error.code !== "ARCHIVE_NOT_FOUND") throw error;
      absent = error;
      count++;
    }
  }
  if (absent !== undefined && count === sources.length) throw absent;
}

/** Reads on until the source has a buffered record; returns false at its end. */
async function fill(source: Source): Promise<boolean> {
  while (source.at >= source.batch.length) {
    const next = await source.records.next();
    if (next.done) return false;
    source.batch = next.value;
    source.at = 0;
  }
  return true;
}

/** Merges buffered records in order until one source's buffer is empty. */
function merged(sources: readonly Source[]): MarketEvent[] {
  const records: MarketEvent[] = [];
  for (;;) {
    let first: Source | undefined;
    let firstRecord: MarketEvent | undefined;
    for (const source of sources) {
      const record = source.batch[source.at];
      if (record === undefined) return records;
      if (firstRecord === undefined || compareMerged(record, firstRecord) < 0) {
        [first, firstRecord] = [source, record];
      }
    }
    if (first === undefined || firstRecord === undefined) return records;
    first.at++;
    records.push(firstRecord);
  }
}
