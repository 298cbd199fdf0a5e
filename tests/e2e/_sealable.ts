import { formatPosition } from "@ssmd/archive/testing/raw_file";
import { createArchiver } from "@ssmd/archiver";
import { parseManifestKey, readArchive } from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import { type MarketEvent, subjectOf } from "@ssmd/market";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";

/** Environment, feed and day of what is sealed. */
export const SEALABLE = { env: "seal", feed: "kraken", day: "2026-08-01" } as const;

const START_US = Date.parse(`${SEALABLE.day}T02:53:50Z`) * 1000;
const MARKETS = Array.from({ length: 40 }, (_, i) => `M${String(i).padStart(2, "0")}USD`);

/** Record number `i`: books of one level, every third a trade, every tenth a ticker. */
function recordOf(i: number): MarketEvent {
  const base = {
    timestampUs: START_US + i * 1500 - 5,
    receivedAtUs: START_US + i * 1500,
    symbol: MARKETS[(i * 7919) % MARKETS.length] ?? "",
    feed: SEALABLE.feed,
    sequence: i + 1,
  };
  const price = 100 + (i * 31 % 997) / 10;
  if (i % 3 === 0) {
    return { ...base, type: "trade", price, size: 0.1 * (i % 17), side: "buy", tradeId: `${i}` };
  }
  if (i % 10 === 1) {
    return {
      ...base,
      type: "ticker",
      ...{ bidPrice: price, bidSize: 1, askPrice: price + 0.1, askSize: 2 },
      ...{ lastPrice: price, lastSize: 1, volume24h: i, openInterest: null },
    };
  }
  return {
    ...base,
    type: "orderbook",
    kind: "delta",
    bids: [{ price, size: i % 13 }],
    asks: [],
    depth: 10,
    checksum: "verified",
  };
}

/** The objects of a day of so many records in minute files, written by the archiver. */
export async function sealableDay(records: number): Promise<Map<string, Uint8Array>> {
  const storage = memoryStorage();
  const transport = memoryTransport();
  const archiver = createArchiver({
    ...{ env: SEALABLE.env, feeds: [SEALABLE.feed], transport, storage },
    ...{ version: "0.1.0", commit: "abc1234", clock: () => START_US + 2 * 86_400_000_000 },
  });
  await archiver.start();
  const publisher = transport.publisher();
  const encoder = new Encoder();
  for (let i = 0; i < records; i++) {
    const event = recordOf(i);
    publisher.publish({
      subject: subjectOf(SEALABLE.env, event.feed, event.type, event.symbol),
      payload: encoder.encode(event),
      id: formatPosition({ run: "m1", frame: i + 1, index: 0 }),
    });
    if (i % 50_000 === 49_999) await archiver.flush();
  }
  await archiver.close();
  await transport.close();
  return await objectsOf(storage);
}

/** All objects of a storage by key. */
export async function objectsOf(storage: Storage): Promise<Map<string, Uint8Array>> {
  const objects = new Map<string, Uint8Array>();
  for await (const { key } of storage.list("")) objects.set(key, await storage.get(key));
  return objects;
}

/** Makes a storage hold exactly these objects. */
export async function restore(storage: Storage, objects: ReadonlyMap<string, Uint8Array>) {
  for await (const { key } of storage.list("")) if (!objects.has(key)) await storage.delete(key);
  for (const [key, bytes] of objects) await storage.put(key, bytes);
}

/** How many records the archive gives to a reader. */
export async function countRecords(storage: Storage): Promise<number> {
  let count = 0;
  const { env, feed } = SEALABLE;
  for await (const batch of readArchive(storage, { env, feed })) count += batch.length;
  return count;
}

/** A storage's content without what names a time in manifests. */
export async function timelessContent(storage: Storage): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  for (const [key, bytes] of await objectsOf(storage)) {
    // The log of a local environment lies beside its data; each seal adds to it.
    if (key.startsWith("audit/")) continue;
    content.set(key, parseManifestKey(key) === undefined ? bytes.toBase64() : timeless(bytes));
  }
  return content;
}

function timeless(manifest: Uint8Array): string {
  const text = new TextDecoder().decode(manifest);
  return text.replaceAll(/"(updatedAt|writtenAt|sha256)": ?"[^"]*"/g, "");
}
