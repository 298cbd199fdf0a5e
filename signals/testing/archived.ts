/** Records in an archive, as windows of a minute and type. @module */
import {
  changedManifest,
  dayOfUs,
  emptyManifest,
  type ManifestFile,
  manifestTimes,
  NormalizedFileBuilder,
  normalizedKey,
  saveManifest,
} from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import { memoryStorage, type Storage } from "@ssmd/storage";

const ENV = "test";
const MINUTE_US = 60_000_000;

/** A storage with the records of feeds, all of one day. */
export async function archiveOf(records: readonly MarketEvent[]): Promise<Storage> {
  const storage = memoryStorage();
  await archiveTo(storage, records);
  return storage;
}

/** Puts the records of feeds, all of one day, into a storage. */
export async function archiveTo(storage: Storage, records: readonly MarketEvent[]): Promise<void> {
  for (const [feed, own] of Map.groupBy(records, (each) => each.feed)) {
    const windows = Map.groupBy(own, ({ type, receivedAtUs }) => {
      return `${type} ${Math.floor(receivedAtUs / MINUTE_US)}`;
    });
    const files: ManifestFile[] = [];
    for (const window of windows.values()) files.push(await writeWindow(storage, feed, window));
    const [first] = own;
    const day = dayOfUs(first?.receivedAtUs ?? 0);
    const manifest = emptyManifest({ kind: "normalized", env: ENV, feed, day });
    const change = { files, symbols: 1, writtenBy: "test", nowUs: first?.receivedAtUs ?? 0 };
    await saveManifest(storage, changedManifest(manifest, change));
  }
}

async function writeWindow(
  storage: Storage,
  feed: string,
  records: readonly MarketEvent[],
): Promise<ManifestFile> {
  const { type, receivedAtUs: atUs } = records[0] as MarketEvent;
  const builder = new NormalizedFileBuilder(type);
  const encoder = new Encoder();
  for (const record of records) {
    const { receivedAtUs, sequence } = record;
    const position = { streamSequence: sequence, run: "", frame: 0, index: 0 };
    builder.add({ payload: encoder.encode(record), receivedAtUs, sequence, ...position });
  }
  const software = { version: "test", commit: "" };
  const source = { env: ENV, feed, processor: "test", software, source: "test" };
  const { bytes, sha256 } = builder.finish(source, atUs);
  const key = normalizedKey({ env: ENV, feed, type, atUs });
  await storage.put(key, bytes);
  const times = manifestTimes(builder.firstUs, builder.lastUs);
  return { key, type, count: builder.count, bytes: bytes.length, sha256, ...times };
}
