import assert from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { EVENT_TYPES, type MarketEvent, type Trade } from "@ssmd/market";
import { anyRecord } from "@ssmd/codec/testing/records";
import { type Column, columnsOf, valueOf } from "./record_columns.ts";
import { parquetBytes } from "./parquet_file.ts";
import { GROUP_ROWS_MAX } from "./row_group.ts";
import { type Plain, rowsOf } from "../../../tests/servers/duckdb.ts";

async function* batchesOf(records: readonly MarketEvent[]) {
  yield records;
}

async function parquetOf(
  batches: AsyncIterable<readonly MarketEvent[]>,
  columns: readonly Column[],
): Promise<Uint8Array<ArrayBuffer>> {
  const metadata = () => ({ "ssmd.lineage": '{"feed":"kräken"}' });
  const chunks = await Array.fromAsync(
    parquetBytes(batches, { columns, createdBy: "ssmd test", metadata }),
  );
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

function rowOf(columns: readonly Column[], event: MarketEvent): Plain[] {
  return columns.map((column) => valueOf(column, event) as Plain);
}

async function rowsByHyparquet(bytes: Uint8Array<ArrayBuffer>): Promise<Plain[][]> {
  const parsers = { timestampFromMicroseconds: (us: bigint) => Number(us) };
  const rows = await parquetReadObjects({
    file: bytes.buffer,
    compressors: { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) },
    parsers: parsers as never,
  });
  const plain = (value: unknown): Plain =>
    typeof value === "bigint"
      ? Number(value)
      : Array.isArray(value)
      ? value.map(plain)
      : (value ?? null) as Plain;
  return rows.map((row) => Object.values(row).map(plain));
}

for (const type of EVENT_TYPES) {
  Deno.test(`DuckDB and hyparquet read any ${type} records from Parquet as they were`, async () => {
    const columns = columnsOf(type);
    const path = await Deno.makeTempFile({ suffix: ".parquet" });
    const records = fc.array(anyRecord[type] as fc.Arbitrary<MarketEvent>, {
      ...{ minLength: 1, maxLength: 80 },
    });
    try {
      await fc.assert(
        fc.asyncProperty(records, async (records) => {
          const bytes = await parquetOf(batchesOf(records), columns);
          const expected = records.map((event) => rowOf(columns, event));
          assert.deepEqual(await rowsByHyparquet(bytes), expected);
          await Deno.writeFile(path, bytes);
          assert.deepEqual(await rowsOf(`select * from '${path}'`), expected);
        }),
        { numRuns: 25 },
      );
    } finally {
      await Deno.remove(path);
    }
  });
}

function tradeOf(i: number): Trade {
  return {
    type: "trade",
    timestampUs: i % 5 === 0 ? 0 : 1_785_552_830_000_000 + i,
    receivedAtUs: 1_785_552_831_000_000 + i,
    symbol: "BTCUSD",
    feed: "kraken",
    sequence: i + 1,
    price: 66_000 + i / 100,
    size: i % 7,
    side: i % 2 === 0 ? "buy" : "sell",
    tradeId: String(i),
  };
}

Deno.test("row groups are of a fixed size, sorted, zstd, with statistics and lineage", async () => {
  async function* batches() {
    for (let start = 0; start < 300_000; start += 10_000) {
      yield Array.from({ length: 10_000 }, (_, i) => tradeOf(start + i));
    }
  }
  const bytes = await parquetOf(batches(), columnsOf("trade"));
  const { row_groups, key_value_metadata, num_rows } = parquetMetadata(bytes.buffer);
  assert.equal(num_rows, 300_000n);
  assert.deepEqual(
    row_groups.map((group) => Number(group.num_rows)),
    [GROUP_ROWS_MAX, GROUP_ROWS_MAX, 300_000 - 2 * GROUP_ROWS_MAX],
  );
  assert.deepEqual(key_value_metadata?.[0], { key: "ssmd.lineage", value: '{"feed":"kräken"}' });
  const [first] = row_groups;
  assert.deepEqual(first?.sorting_columns?.map(({ column_idx }) => column_idx), [0, 2]);
  for (const { meta_data } of first?.columns ?? []) {
    const isOfOneValue = ["symbol", "feed", "run", "order_type"].includes(
      meta_data?.path_in_schema[0] ?? "",
    );
    if (isOfOneValue) assert.equal(meta_data?.codec, "UNCOMPRESSED");
    else if (meta_data?.path_in_schema[0] === "price") assert.equal(meta_data.codec, "ZSTD");
  }
  const price = first?.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === "price");
  assert.deepEqual(
    [price?.meta_data?.statistics?.min_value, price?.meta_data?.statistics?.max_value],
    [66_000, 66_000 + (GROUP_ROWS_MAX - 1) / 100],
  );
});

Deno.test("a file without records is a table without rows", async () => {
  const path = await Deno.makeTempFile({ suffix: ".parquet" });
  try {
    await Deno.writeFile(path, await parquetOf(batchesOf([]), columnsOf("orderbook")));
    assert.deepEqual(await rowsOf(`select count(*) from '${path}'`), [[0]]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("the same records give the same bytes, however they come in batches", async () => {
  const records = Array.from({ length: 1000 }, (_, i) => tradeOf(i));
  async function* single() {
    for (const record of records) yield [record];
  }
  const columns = columnsOf("trade", false);
  assert.deepEqual(
    await parquetOf(single(), columns),
    await parquetOf(batchesOf(records), columns),
  );
});
