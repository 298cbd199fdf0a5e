/**
 * Trades a second from the archive's order to a whole Parquet, CSV or JSON-lines file, MB/s of what is
 * written, and the memory that it takes: `deno task bench export`. SSMD_BENCH_TRADES sets how many
 * trades; default 10 million. The Parquet file is counted, summed and compared by DuckDB and by
 * hyparquet.
 */
import { zstdDecompressSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from "hyparquet";
import type { MarketEvent, Trade } from "@ssmd/market";
import { memoryStorage } from "@ssmd/storage";
import {
  EXPORT_FORMATS,
  exportFile,
  type ExportFormat,
  type Partition,
} from "@ssmd/dataset/export";

const TRADES = Number(Deno.env.get("SSMD_BENCH_TRADES") ?? 10_000_000);
const SYMBOLS = Array.from({ length: 500 }, (_, i) => `SYM${String(i).padStart(3, "0")}USD`);
const START_US = Date.parse("2026-08-01T00:00:00Z") * 1000;
const STEP_US = Math.floor(86_400_000_000 / TRADES);
const BATCH = 4096;
const MEMORY_EVERY_MS = 20;

/** The i-th trade of a day; prices walk, so that zstd has as much to do as with a market's. */
function tradeOf(i: number): Trade {
  const hash = Math.imul(i, 2_654_435_761) >>> 0;
  const receivedAtUs = START_US + i * STEP_US;
  return {
    type: "trade",
    timestampUs: receivedAtUs - 1000 - hash % 9000,
    receivedAtUs,
    symbol: SYMBOLS[hash % SYMBOLS.length] as string,
    feed: "bench",
    sequence: i + 1,
    price: (6_600_000 + (hash >>> 16)) / 100,
    size: (1 + hash % 9973) / 1e4,
    side: hash % 3 === 0 ? "buy" : "sell",
    tradeId: String(1_000_000_000 + i),
  };
}

async function* trades(): AsyncGenerator<readonly MarketEvent[], void> {
  for (let start = 0; start < TRADES; start += BATCH) {
    yield Array.from({ length: Math.min(BATCH, TRADES - start) }, (_, i) => tradeOf(start + i));
  }
}

const PARTITION: Partition = {
  ...{ env: "bench", feed: "bench", type: "trade", day: "2026-08-01", version: "v1" },
  ...{ fromUs: 0, toUs: Infinity, archived: TRADES, isWhole: true, sources: [] },
  ...{ status: "complete", fingerprint: "bench" },
};

async function exported(format: ExportFormat, out: string): Promise<void> {
  let peak = 0;
  const watch = () => peak = Math.max(peak, Deno.memoryUsage().rss);
  const timer = setInterval(watch, MEMORY_EVERY_MS);
  const storage = memoryStorage();
  const startMs = performance.now();
  let seen = 0;
  const onRecords = () => {
    if (++seen % 64 === 0) watch();
  };
  const { bytes } = await exportFile([PARTITION], {
    ...{ storage, format, out, onRecords, read: trades },
  });
  const seconds = (performance.now() - startMs) / 1000;
  clearInterval(timer);
  await storage.close();
  const megabytes = bytes / 1e6;
  console.log(
    `${format.padEnd(8)} ${TRADES} trades in ${seconds.toFixed(1)} s: ` +
      `${Math.round(TRADES / seconds)}/s, ${megabytes.toFixed(0)} MB, ` +
      `${(megabytes / seconds).toFixed(1)} MB/s, peak memory ${(peak / 1e6).toFixed(0)} MB`,
  );
}

interface Figures {
  count: number;
  price: number;
  least: number;
  most: number;
  sequence: number;
  lastUs: number;
}

async function byDuckDb(path: string): Promise<Figures> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(
    `select count(*), sum((price * 100)::hugeint)::double, min(price), max(price), ` +
      `sum(sequence)::double, epoch_us(max(received_at)) from '${path}'`,
  );
  const [count, price, least, most, sequence, lastUs] = (result.getRows()[0] ?? []).map(Number);
  connection.closeSync();
  instance.closeSync();
  return { count, price, least, most, sequence, lastUs } as Figures;
}

/** A row group at a time, as a whole day of rows has no room in memory. */
async function byHyparquet(path: string): Promise<Figures> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const all: Figures = {
    ...{ count: 0, price: 0, least: Infinity, most: -Infinity, sequence: 0, lastUs: 0 },
  };
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    await parquetRead({
      ...{ file, metadata, rowStart, rowEnd, columns: ["price", "sequence", "received_at"] },
      compressors: { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) },
      parsers: { timestampFromNanoseconds: (ns: bigint) => Number(ns / 1000n) } as never,
      rowFormat: "object",
      onComplete: (rows) => {
        for (const row of rows) {
          const [price, sequence, receivedAt] = [row["price"], row["sequence"], row["received_at"]]
            .map(Number) as [number, number, number];
          all.count++;
          all.price += Math.round(price * 100);
          all.least = Math.min(all.least, price);
          all.most = Math.max(all.most, price);
          all.sequence += sequence;
          all.lastUs = Math.max(all.lastUs, receivedAt);
        }
      },
    });
    rowStart = rowEnd;
  }
  return all;
}

const dir = await Deno.makeTempDir({ prefix: "ssmd-bench-" });
try {
  for (const format of EXPORT_FORMATS) await exported(format, `${dir}/trades.${format}`);
  const figures = [
    await byDuckDb(`${dir}/trades.parquet`),
    await byHyparquet(`${dir}/trades.parquet`),
  ];
  for (const each of figures) console.log(JSON.stringify(each));
  const [one, other] = figures.map((each) => JSON.stringify(each));
  if (one !== other) throw new RangeError("DuckDB and hyparquet disagree");
  console.log("DuckDB and hyparquet agree");
} finally {
  await Deno.remove(dir, { recursive: true });
}
