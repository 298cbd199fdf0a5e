/**
 * Records a second through the steps of sealing a day of many markets: sorted by way of the
 * temporary file, written, read back with all checks, decoded alone, and one market's day read
 * by ranges; against zstd of the same messages alone.
 */
import { decode, Encoder } from "@ssmd/codec";
import {
  compressFrame,
  type ManifestFile,
  openSealed,
  putSealed,
  readSealed,
  readSealedPart,
  RecordDigest,
  RecordSorter,
  sealedKey,
  type SealedSource,
} from "@ssmd/archive";
import type { MarketEvent } from "@ssmd/market";
import { folderStorage, type Storage } from "@ssmd/storage";
import { type Measurement, tableOf } from "./measure.ts";

const RECORDS = 400_000;
const MARKETS = 200;
const DAY = "2026-08-01";
const START_US = Date.parse(`${DAY}T00:00:00Z`) * 1000;
/** Small, so that the records go through the temporary file as those of a large day do. */
const BUFFER_BYTES = 8 * 1024 * 1024;
const KEY = sealedKey({ env: "bench", feed: "kraken", type: "orderbook", day: DAY });
const SOURCE: SealedSource = {
  ...{ env: "bench", feed: "kraken", day: DAY, processor: "bench", source: "bench", nowUs: 0 },
  software: { version: "0", commit: "0" },
};

/** Book deltas of one to three levels with prices and sizes as exchanges have them. */
function deltas(): Uint8Array[] {
  const encoder = new Encoder();
  return Array.from({ length: RECORDS }, (_, i) => {
    const market = (i * 7919) % MARKETS;
    const level = (k: number) => ({
      price: 100 + market + ((i * 31 + k * 7) % 997) / 100,
      size: ((i * 104_729 + k) % 100_000_000) / 1e8,
    });
    const event: MarketEvent = {
      ...{ type: "orderbook", kind: "delta", depth: 10, checksum: "verified" },
      timestampUs: START_US + i * 4000 + (i * 131) % 3000,
      receivedAtUs: START_US + i * 4000 + 3000,
      ...{ symbol: `M${String(market).padStart(3, "0")}USD`, feed: "kraken", sequence: i + 1 },
      bids: Array.from({ length: 1 + i % 2 }, (_, k) => level(k)),
      asks: i % 3 === 0 ? [level(3)] : [],
    };
    return encoder.encode(event).slice();
  });
}

async function timed(name: string, ops: number, run: () => Promise<void> | void) {
  const startMs = performance.now();
  await run();
  const measurement: Measurement = {
    name,
    opsPerSecond: ops * 1000 / (performance.now() - startMs),
  };
  return measurement;
}

const BLOCK_BYTES = 256 * 1024;

function compressAll(messages: readonly Uint8Array[]): void {
  const block = new Uint8Array(BLOCK_BYTES);
  let used = 0;
  for (const message of messages) {
    if (used + message.length > block.length) {
      compressFrame(block.subarray(0, used));
      used = 0;
    }
    block.set(message, used);
    used += message.length;
  }
}

async function readBack(storage: Storage, file: ManifestFile): Promise<void> {
  const encoder = new Encoder();
  const digest = new RecordDigest();
  for await (const records of readSealed(storage, file)) {
    for (const record of records) digest.add(encoder.encode(record));
  }
  if (digest.count !== RECORDS) throw new RangeError(`${digest.count} records came back`);
}

/** Decoded into records, and no more. */
async function decodeAll(storage: Storage, file: ManifestFile): Promise<void> {
  const day = await openSealed(storage, file);
  let count = 0;
  for await (const records of readSealedPart(day, {})) count += records.length;
  if (count !== RECORDS) throw new RangeError(`${count} records were decoded`);
}

const dir = await Deno.makeTempDir();
const storage = folderStorage(`${dir}/data`);
const messages = deltas();
const baseline = "zstd alone";
const table = [await timed(baseline, RECORDS, () => compressAll(messages))];
using sorter = new RecordSorter("orderbook", { tempDir: dir, bufferBytesMax: BUFFER_BYTES });
table.push(
  await timed("into the sorter", RECORDS, () => {
    for (const message of messages) sorter.add(decode("orderbook", message));
  }),
);
let file: ManifestFile | undefined;
for (const name of ["merged and written, cold", "merged and written"]) {
  table.push(
    await timed(name, RECORDS, async () => {
      file = await putSealed(storage, KEY, { sorted: sorter.sorted(), source: SOURCE });
    }),
  );
}
const sealed = file as unknown as ManifestFile;
table.push(await timed("read back, all checks", RECORDS, () => readBack(storage, sealed)));
table.push(await timed("decoded", RECORDS, () => decodeAll(storage, sealed)));
const day = await openSealed(storage, sealed);
let read = 0;
const one = await timed("one market of it, decoded", 1, async () => {
  for await (const batch of readSealedPart(day, { symbols: new Set(["M007USD"]) })) {
    read += batch.length;
  }
});
table.push({ ...one, opsPerSecond: one.opsPerSecond * read });
console.log(tableOf(table, baseline));
const plain = messages.reduce((sum, { length }) => sum + length, 0);
console.log(
  `${(plain / 2 ** 20).toFixed(1)} MiB of records, ${
    (sealed.bytes / 2 ** 20).toFixed(1)
  } MiB sealed`,
);
await storage.close();
await Deno.remove(dir, { recursive: true });
