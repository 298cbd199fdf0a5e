import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { anyRecord } from "@ssmd/codec/testing/records";
import { EVENT_TYPES, type MarketEvent } from "@ssmd/market";
import { parquetBytes } from "./parquet_file.ts";
import { type Column, columnsOf, valueOf } from "./record_columns.ts";

const READER = fileURLToPath(new URL("testing/read_parquet.py", import.meta.url));
const READERS = ["pyarrow", "polars"] as const;
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";

function hasModule(name: string): boolean {
  if (REQUIRED) return true;
  try {
    return new Deno.Command("python3", { args: ["-c", `import ${name}`], stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** As the Python programs print values: doubles by their bits, times in microseconds. */
function printed({ kind }: Column, value: ReturnType<typeof valueOf>): unknown {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "object") return value.map(bitsOf);
  if (kind === "double") return bitsOf(value);
  return String(value);
}

function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return new Uint8Array(view.buffer).toHex();
}

for (const reader of READERS) {
  const ignore = !hasModule(reader);
  const why = ignore ? ` (skipped: python3 has no ${reader})` : "";
  Deno.test({
    name: `${reader} reads records of all types from Parquet as they were${why}`,
    ignore,
    fn: async () => {
      const dir = await Deno.makeTempDir();
      try {
        for (const type of EVENT_TYPES) {
          const columns = columnsOf(type);
          const records = fc.sample(anyRecord[type] as fc.Arbitrary<MarketEvent>, {
            ...{ numRuns: 6000, seed: 7 },
          });
          const about = { columns, createdBy: "ssmd version 0.0.0", metadata: () => ({}) };
          const path = `${dir}/${type}.parquet`;
          await Deno.writeFile(path, ReadableStream.from(parquetBytes(inOneBatch(records), about)));
          const rows = await rowsBy(reader, path);
          const expected = records.map((event) =>
            columns.map((column) => printed(column, valueOf(column, event)))
          );
          assert.equal(rows.length, expected.length);
          rows.forEach((row, i) => assert.deepEqual(row, expected[i], `${type}, row ${i}`));
        }
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

async function* inOneBatch(records: readonly MarketEvent[]) {
  yield records;
}

async function rowsBy(reader: string, path: string): Promise<unknown[]> {
  const { stdout, stderr, success } = await new Deno.Command("python3", {
    args: [READER, reader, path],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
}
