import { DuckDBInstance, type DuckDBValue } from "@duckdb/node-api";

/** A value as tests compare it: times as µs, counts as numbers, lists as lists. */
export type Plain = number | string | boolean | null | Plain[];

/** Returns the rows of a query by DuckDB in a new in-memory database. */
export async function rowsOf(sql: string): Promise<Plain[][]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    const result = await connection.runAndReadAll(sql);
    return result.getRows().map((row) => row.map(plainOf));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function plainOf(value: DuckDBValue): Plain {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint" || typeof value === "number") return Number(value);
  if ("micros" in value) return Number(value.micros);
  if ("items" in value && Array.isArray(value.items)) return value.items.map(plainOf);
  return String(value);
}
