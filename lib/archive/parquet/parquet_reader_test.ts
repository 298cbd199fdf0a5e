import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { anyRecord } from "@ssmd/codec/testing/records";
import { EVENT_TYPES, type EventType, type MarketEvent, type Trade } from "@ssmd/market";
import { ArchiveError } from "@ssmd/runtime";
import { ParquetFile } from "./parquet_reader.ts";
import { ParquetWriter } from "./parquet_file.ts";
import { RowTable } from "./row_table.ts";
import { columnsOf } from "./record_columns.ts";
import { GROUP_ROWS_MAX, PAGE_ROWS_MAX } from "./row_group.ts";

const KEY = "day.parquet";

function written(type: EventType, records: readonly MarketEvent[]): Uint8Array<ArrayBuffer> {
  const writer = new ParquetWriter({
    columns: columnsOf(type),
    createdBy: "ssmd version 0.0.0",
    metadata: () => ({ "ssmd.lineage": '{"feed":"kräken"}' }),
  });
  const chunks: Uint8Array[] = [];
  const table = new RowTable(columnsOf(type));
  for (const record of records) table.add(record);
  chunks.push(...writer.append(table.all));
  chunks.push(...writer.end());
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function opened(type: EventType, bytes: Uint8Array, onRange = () => {}) {
  const getRange = (start: number, end: number) => {
    onRange();
    return Promise.resolve(bytes.subarray(start, end));
  };
  return await ParquetFile.open({ key: KEY, bytes: bytes.length, getRange }, {
    typeOf: () => type,
  });
}

async function recordsOf(type: EventType, bytes: Uint8Array): Promise<MarketEvent[]> {
  const file = await opened(type, bytes);
  await file.loadPages(file.footer.groups);
  const records: MarketEvent[] = [];
  for (const group of file.footer.groups) {
    const pages = file.pagesOf(group);
    const fetched = await file.fetchPages({ group, first: 0, end: pages.length });
    for (const page of pages) {
      const { recordOf } = fetched.read(page);
      for (let row = 0; row < page.rows; row++) records.push(recordOf(row));
    }
  }
  return records;
}

for (const type of EVENT_TYPES) {
  Deno.test(`any ${type} records come back from Parquet as they were`, async () => {
    const records = fc.array(anyRecord[type] as fc.Arbitrary<MarketEvent>, { maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(records, async (records) => {
        assert.deepEqual(await recordsOf(type, written(type, records)), records);
      }),
      { numRuns: 60 },
    );
  });
}

function tradeOf(symbol: string, i: number): Trade {
  return {
    type: "trade",
    timestampUs: i % 5 === 0 ? 0 : 1_785_552_830_000_000 + i,
    receivedAtUs: 1_785_552_831_000_000 + i * 37 % 1000 + i * 1000,
    symbol,
    feed: "kraken",
    sequence: i + 1,
    price: 66_000 + i % 331 / 10,
    size: (i * 104_729 % 99_999_999) / 1e8,
    side: i % 2 === 0 ? "buy" : "sell",
    tradeId: i % 7 === 0 ? "" : String(i * 31),
  };
}

/** Trades of so many markets, each with as many as its number says. */
function marketsOf(counts: readonly number[]): Trade[] {
  return counts.flatMap((count, market) =>
    Array.from({ length: count }, (_, i) => tradeOf(`M${String(market).padStart(3, "0")}`, i))
  );
}

const MANY = marketsOf([PAGE_ROWS_MAX * 3 + 5, 1, 7, PAGE_ROWS_MAX, 100, 30_000, 90_000, 50_000]);
const MANY_BYTES = written("trade", MANY);

Deno.test("groups and pages that are long enough end where a symbol does", async () => {
  const file = await opened("trade", MANY_BYTES);
  const { groups } = file.footer;
  await file.loadPages(groups);
  assert.equal(groups.reduce((sum, { rows }) => sum + rows, 0), MANY.length);
  assert.ok(groups.every(({ rows }) => rows <= GROUP_ROWS_MAX));
  assert.equal(groups.length, 2);
  let row = 0;
  for (const group of groups) {
    const symbols = new Set(MANY.slice(row, row + group.rows).map(({ symbol }) => symbol));
    for (const page of file.pagesOf(group)) {
      const own = MANY.slice(row, row + page.rows);
      assert.ok(page.rows <= PAGE_ROWS_MAX);
      assert.deepEqual(page.symbols, { first: own[0]?.symbol, last: own.at(-1)?.symbol });
      const times = own.map(({ receivedAtUs }) => receivedAtUs);
      assert.deepEqual([page.fromUs, page.toUs], [Math.min(...times), Math.max(...times)]);
      row += page.rows;
    }
    assert.ok(symbols.size > 0);
  }
});

Deno.test("a group is one range, some of its pages are read alone, and all come back", async () => {
  let ranges = 0;
  const file = await opened("trade", MANY_BYTES, () => ranges++);
  await file.loadPages(file.footer.groups);
  ranges = 0;
  let before = 0;
  for (const group of file.footer.groups) {
    const pages = file.pagesOf(group);
    const all = await file.fetchPages({ group, first: 0, end: pages.length });
    assert.equal(ranges, 1);
    for (const page of pages) {
      const one = await file.fetchPages({
        ...{ group, first: page.number, end: page.number + 1, holeBytesMax: 0 },
      });
      const [fromAll, fromOne] = [all.read(page).recordOf, one.read(page).recordOf];
      for (const row of [0, page.rows >> 1, page.rows - 1]) {
        const expected = MANY[before + page.firstRow + row];
        assert.deepEqual(fromAll(row), expected);
        assert.deepEqual(fromOne(row), expected);
      }
    }
    before += group.rows;
    ranges = 0;
  }
});

Deno.test("a file of a writer that knew other columns is read: what it lacks is absent", async () => {
  const columns = columnsOf("trade").filter(({ name }) => name !== "trade_id");
  const more = columnsOf("status").filter(({ name }) => name === "detail");
  const about = { columns: [...columns, ...more], createdBy: "x", metadata: () => ({}) };
  const writer = new ParquetWriter(about);
  const trade = { ...tradeOf("A", 1), detail: "a field of a newer writer" };
  const table = new RowTable(about.columns);
  table.add(trade);
  const bytes = new Uint8Array(
    [...writer.append(table.all), ...writer.end()].flatMap((chunk) => [...chunk]),
  );
  assert.deepEqual(await recordsOf("trade", bytes), [{ ...tradeOf("A", 1), tradeId: "" }]);
});

for (const type of EVENT_TYPES) {
  Deno.test(`a flipped bit or a cut byte anywhere in a file of ${type} records is noticed`, async () => {
    const arbitrary = fc.array(anyRecord[type] as fc.Arbitrary<MarketEvent>, {
      ...{ minLength: 6, maxLength: 6 },
    });
    const [records = []] = fc.sample(arbitrary, { numRuns: 1, seed: 11 });
    const whole = written(type, records);
    // What stands before the first page is held against the SHA-256 of the manifest only.
    for (let at = 4; at < whole.length; at++) {
      const bad = whole.slice();
      bad[at] = (bad[at] ?? 0) ^ (1 << at % 8);
      await assert.rejects(recordsOf(type, bad), isCorruption, `bit ${at % 8} of byte ${at}`);
      if (at % 8 > 0) continue;
      const cut = Uint8Array.from([...whole.subarray(0, at), ...whole.subarray(at + 1)]);
      await assert.rejects(recordsOf(type, cut), isCorruption, `cut ${at}`);
      await assert.rejects(recordsOf(type, whole.subarray(0, at)), isCorruption, `ends at ${at}`);
    }
  });
}

function isCorruption(error: unknown): boolean {
  return error instanceof ArchiveError && error.code === "ARCHIVE_DAMAGED" &&
    error.message.startsWith(KEY) && /at byte \d+/.test(error.message);
}

const GOLDEN = new URL("testdata/trades.parquet", import.meta.url);
const GOLDEN_TRADES = marketsOf([3, 5000, 1]);

Deno.test("a file that was written long ago is read as it was", async () => {
  assert.deepEqual(await recordsOf("trade", await Deno.readFile(GOLDEN)), GOLDEN_TRADES);
});

Deno.test("what is written today is what was written then", async () => {
  const golden = await Deno.readFile(GOLDEN);
  assert.ok(
    Buffer.from(written("trade", GOLDEN_TRADES)).equals(golden),
    "another zstd may compress otherwise: see 0008",
  );
});
