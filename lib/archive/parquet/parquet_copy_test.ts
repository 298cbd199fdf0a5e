import assert from "node:assert/strict";
import type { MarketEvent } from "@ssmd/market";
import { memoryStorage } from "@ssmd/storage";
import {
  openSealed,
  putSealed,
  readSealed,
  RecordSorter,
  sealedKey,
  type SealedSource,
} from "../mod.ts";
import { copiedColumns, hasColumns, parquetBytes } from "./mod.ts";
import { columnsOf } from "./record_columns.ts";

const START_US = Date.parse("2026-08-01T00:00:00Z") * 1000;
const FEED_ID = { env: "test", feed: "kraken", day: "2026-08-01" } as const;
const SOURCE: SealedSource = {
  ...{ ...FEED_ID, processor: "test", source: "test", nowUs: 0 },
  software: { version: "0", commit: "0" },
};
/** More than a row group, so that offsets of a second one are moved, too. */
const RECORDS = 130_000;

function recordOf(type: "trade" | "orderbook", i: number): MarketEvent {
  const base = {
    ...{ timestampUs: i % 7 === 0 ? 0 : START_US + i * 900, receivedAtUs: START_US + i * 1000 },
    ...{
      symbol: `M${i % 40}`,
      feed: "kraken",
      sequence: i + 1,
      run: 1_785_542_400_000,
      connection: 1,
    },
  };
  const price = 100 + (i * 31 % 997) / 100;
  if (type === "trade") {
    return {
      ...base,
      type,
      price,
      size: i % 1000 / 1e8,
      side: "buy",
      tradeId: i % 3 ? `${i}` : "",
    };
  }
  const bids = Array.from({ length: i % 3 }, (_, k) => ({ price: price - k, size: k }));
  return { ...base, type, kind: "delta", bids, asks: [], depth: 10, checksum: "verified" };
}

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const hash: Uint8Array[] = [];
  for await (const part of parts) hash.push(part.slice());
  return new Uint8Array(await new Blob(hash as BlobPart[]).arrayBuffer()).toHex();
}

for (const type of ["trade", "orderbook"] as const) {
  Deno.test(`pages of ${type} taken as they are make the file that its records make, and no damaged one`, async () => {
    const tempDir = await Deno.makeTempDir();
    const storage = memoryStorage();
    try {
      using sorter = new RecordSorter(type, { tempDir });
      for (let i = 0; i < RECORDS; i++) sorter.add(recordOf(type, i));
      const file = await putSealed(storage, sealedKey({ ...FEED_ID, type }), {
        sorted: sorter.sorted(),
        source: SOURCE,
      });
      const columns = columnsOf(type, false);
      const about = { columns, createdBy: "test", metadata: () => ({ "ssmd.lineage": "none" }) };
      const day = await openSealed(storage, file);
      assert.ok(day.file.footer.groups.length > 1);
      assert.equal(hasColumns(day.file, columns), true);
      assert.equal(hasColumns(day.file, [...columns].reverse()), false);
      const made = await bytesOf(parquetBytes(readSealed(storage, file), about));
      assert.equal(await bytesOf(copiedColumns(day.file, about)) === made, true);

      const bytes = await storage.get(file.key);
      const chunk = day.file.footer.groups[1]?.chunks.find(({ name }) => name === "sequence");
      const at = (chunk?.offset ?? 0) + (chunk?.bytes ?? 0) - 9;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await storage.put(file.key, bytes);
      const damaged = await openSealed(storage, file);
      await assert.rejects(bytesOf(copiedColumns(damaged.file, about)), {
        code: "ARCHIVE_DAMAGED",
      });
    } finally {
      await storage.close();
      await Deno.remove(tempDir, { recursive: true });
    }
  });
}
