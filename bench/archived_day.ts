/** A day as an archiver writes it, for benches. @module */
import type { MarketEvent } from "@ssmd/market";
import { changedManifest, emptyManifest, type ManifestFile, saveManifest } from "@ssmd/archive";
import { writeWindow } from "@ssmd/archive/testing/window_file";
import { sealDay } from "@ssmd/dataset/seal";
import { nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";

/** The day that all records are of. */
const BENCH_DAY = "2026-08-01";

interface FeedId {
  env: string;
  feed: string;
}

/** Windows of a feed, a file a type, of groups of records that share a minute. */
export async function writeDay(
  storage: Storage,
  feedId: FeedId,
  minutes: Iterable<readonly MarketEvent[]>,
): Promise<void> {
  const files: ManifestFile[] = [];
  for (const events of minutes) {
    for (const group of Map.groupBy(events, ({ type }) => type).values()) {
      files.push(await writeWindow(storage, { ...feedId, writtenBy: "bench" }, group));
    }
  }
  const manifest = emptyManifest({ kind: "normalized", ...feedId, day: BENCH_DAY });
  const change = { files, symbols: 500, writtenBy: "bench", nowUs: nowUs() };
  await saveManifest(storage, changedManifest(manifest, change));
}

/** Of the windows of the day: a Parquet file a type. */
export async function sealWindows(
  storage: Storage,
  feedId: FeedId,
  tempDir: string,
): Promise<void> {
  const { types } = await sealDay({
    ...{ storage, ...feedId, day: BENCH_DAY, tempDir, nowUs },
    software: { version: "bench", commit: "" },
  });
  if (types.length === 0) throw new RangeError("nothing was sealed");
}
