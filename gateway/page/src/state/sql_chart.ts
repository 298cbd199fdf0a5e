/** A column of an answer. */
export interface SqlColumn {
  name: string;
  /** As DuckDB names it. */
  type: string;
}

/** What can be drawn of an answer: a line over its rows in their order, or a bar a row. */
export interface SqlChart {
  kind: "line" | "bars";
  title: string;
  points: { label: string; value: number | null }[];
}

const NUMBER = /^(BIGINT|DOUBLE|INTEGER|HUGEINT|FLOAT|DECIMAL|UBIGINT|UINTEGER|SMALLINT)/;
/** Bars that are drawn. */
const BARS_MAX = 30;

/** The chart of an answer: its first number, by its first other column; undefined = it has none. */
export function chartOf(
  columns: readonly SqlColumn[],
  rows: readonly (readonly unknown[])[],
): SqlChart | undefined {
  const y = columns.findIndex(({ type }) => NUMBER.test(type));
  const x = columns.findIndex(({ type }) => !NUMBER.test(type));
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
