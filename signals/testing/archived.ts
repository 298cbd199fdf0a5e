/** Records in an archive, in windows by minute and type. @module */
import {
  changedManifest,
  dayOfUs,
  emptyManifest,
  type ManifestFile,
  saveManifest,
} from "@ssmd/archive";
import { writeWindow } from "@ssmd/archive/testing/window_file";
import type { MarketEvent } from "@ssmd/market";
import { memoryStorage, type Storage } from "@ssmd/storage";

const ENV = "test";
const MINUTE_US = 60_000_000;

/** Returns a storage with one day's records of feeds. */
export async function archiveOf(records: readonly MarketEvent[]): Promise<Storage> {
  const storage = memoryStorage();
  await archiveTo(storage, records);
  return storage;
}

/** Writes one day's records of feeds to a storage. */
export async function archiveTo(storage: Storage, records: readonly MarketEvent[]): Promise<void> {
  for (const [feed, own] of Map.groupBy(records, (each) => each.feed)) {
    const windows = Map.groupBy(own, ({ type, receivedAtUs }) => {
      return `${type} ${Math.floor(receivedAtUs / MINUTE_US)}`;
    });
    const files: ManifestFile[] = [];
    for (const window of windows.values()) {
      files.push(await writeWindow(storage, { env: ENV, feed, writtenBy: "test" }, window));
    }
    const [first] = own;
    const day = dayOfUs(first?.receivedAtUs ?? 0);
    const manifest = emptyManifest({ kind: "normalized", env: ENV, feed, day });
    const change = { files, symbols: 1, writtenBy: "test", nowUs: first?.receivedAtUs ?? 0 };
    await saveManifest(storage, changedManifest(manifest, change));
  }
}
