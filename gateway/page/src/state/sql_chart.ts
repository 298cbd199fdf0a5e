/** Column of a query result. */
export interface SqlColumn {
  name: string;
  /** DuckDB type name. */
  type: string;
}

/** Chart of a query result: a line over the rows in order, or one bar per row. */
export interface SqlChart {
  kind: "line" | "bars";
  title: string;
  points: { label: string; value: number | null }[];
}

const NUMBER =
  /^(BIGINT|DOUBLE|INTEGER|HUGEINT|FLOAT|DECIMAL|UBIGINT|UINTEGER|SMALLINT|TINYINT|USMALLINT|UTINYINT|UHUGEINT)/;
/** Maximum number of bars. */
const BARS_MAX = 30;

/** Whether a column of this DuckDB type holds numbers. */
export function isNumber(type: string): boolean {
  return NUMBER.test(type);
}

/** Charts the first numeric column by the first other column; undefined = not possible. */
export function chartOf(
  columns: readonly SqlColumn[],
  rows: readonly (readonly unknown[])[],
): SqlChart | undefined {
  const y = columns.findIndex(({ type }) => isNumber(type));
  const x = columns.findIndex(({ type }) => !isNumber(type));
  const [by, of] = [columns[x], columns[y]];
  if (by === undefined || of === undefined || rows.length < 2) return undefined;
  const kind = by.type.startsWith("TIMESTAMP") ? "line" : "bars";
  const shown = kind === "line" ? rows : rows.slice(0, BARS_MAX);
  const points = shown.map((row) => ({
    label: String(row[x]),
    value: typeof row[y] === "number" ? row[y] : null,
  }));
  return { kind, title: `${of.name} by ${by.name}`, points };
}
