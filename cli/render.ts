import { formatPath } from "@ssmd/metadata/finding";
import { countText } from "./format.ts";
import type { OutputFormat } from "./output_format.ts";
import { paint, terminalColumns } from "./terminal.ts";
import { yamlText } from "./yaml_text.ts";

export { type OutputFormat } from "./output_format.ts";

/** Table cell; absent values print as `-`. */
type Cell = string | number | boolean | null | undefined;

/** Table row by column name. */
export type Row = Record<string, Cell>;

/** Result of a command with its table form. */
export interface Rendered {
  /** Documented value of `json` and `yaml`. */
  value: unknown;
  /** Rows of the table. */
  rows: readonly Row[];
  /** Column order; default that of the first row. */
  columns?: readonly string[];
  /** Noun for the row count below the table (`3 feeds`), singular, or with an irregular plural. */
  counted?: string | readonly [one: string, many: string];
  /** Line below the table. */
  footer?: string;
}

/** Formats a result, ending in a line break. `columnsMax` = terminal width; undefined = no limit. */
export function render(
  result: Rendered,
  format: OutputFormat,
  columnsMax: number | undefined = terminalColumns(),
): string {
  if (format === "json") return `${JSON.stringify(result.value, null, 2)}\n`;
  if (format === "yaml") return yamlText(result.value);
  const { rows, counted, footer } = result;
  const columns = result.columns ?? Object.keys(rows[0] ?? {});
  const count = counted === undefined ? "" : `${countOf(rows.length, counted)}\n`;
  const below = footer === undefined ? count : `${count}${footer}\n`;
  if (rows.length === 0 && counted !== undefined) return below;
  return table(rows, columns, columnsMax) + below;
}

function countOf(count: number, noun: NonNullable<Rendered["counted"]>): string {
  return typeof noun === "string" ? countText(count, noun) : countText(count, ...noun);
}

const GAP = "  ";
/** Minimum width of a shortened column: a date fits. */
const WIDTH_MIN = 12;

function table(rows: readonly Row[], columns: readonly string[], columnsMax?: number): string {
  const head = columns.map((column) => column.toUpperCase());
  const body = rows.map((row) => columns.map((column) => cellText(row[column])));
  const numeric = columns.map((column) => rows.every((row) => isNumber(row[column])));
  const widths = fitted(
    columns.map((_, i) => Math.max(0, ...[head, ...body].map((cells) => width(cells[i] ?? "")))),
    columnsMax,
  );
  if (lineWidth(widths) > (columnsMax ?? Infinity)) return records(head, body, columnsMax);
  const line = (cells: string[]) =>
    cells.map((cell, i) => stateful(aligned(cell, widths[i] ?? 0, numeric[i] ?? false)))
      .join(GAP).trimEnd();
  return [head, ...body].map((cells) => `${line(cells)}\n`).join("");
}

/** Prints one line per column for each row, for terminals narrower than the table. */
function records(
  head: readonly string[],
  body: readonly (readonly string[])[],
  columnsMax?: number,
): string {
  const names = Math.max(...head.map(width));
  const values = Math.max(0, ...body.flat().map(width));
  const widths = fitted([names, values], columnsMax);
  const [nameWidth = 0, valueWidth = 0] = widths;
  const line = (cell: string, i: number) =>
    `${aligned(head[i] ?? "", nameWidth, false)}${GAP}${stateful(aligned(cell, valueWidth, false))}`
      .trimEnd();
  return body.map((cells) => cells.map((cell, i) => `${line(cell, i)}\n`).join("")).join("\n");
}

function lineWidth(widths: readonly number[]): number {
  return sum(widths) + GAP.length * (widths.length - 1);
}

/** Shrinks the widest column until the line fits. */
function fitted(widths: number[], columnsMax = Infinity): number[] {
  const result = [...widths];
  for (let over = lineWidth(result) - columnsMax; over > 0; over--) {
    const widest = result.indexOf(Math.max(...result));
    if ((result[widest] ?? 0) <= WIDTH_MIN) break;
    result[widest] = (result[widest] ?? 0) - 1;
  }
  return result;
}

function aligned(cell: string, size: number, right: boolean): string {
  const shown = width(cell) > size ? `${[...cell].slice(0, size - 1).join("")}…` : cell;
  const space = " ".repeat(size - width(shown));
  return right ? space + shown : shown + space;
}

function cellText(cell: Cell): string {
  return cell === null || cell === undefined || cell === "" ? "-" : String(cell);
}

const STATES = {
  green: /^(ok|live|done|available|healthy|sealed|closed|pass(ed)?|verified) *$/,
  yellow: /^(degraded|lagging|waiting|pending|planned|stale|warn(ing)?|half-open) *$/,
  red: /^(failed|failing|missing|lost|dropping|damaged|expired|down|refused) *$/,
} as const;

/** Colours a cell that names a known state, if the terminal supports colours. */
function stateful(cell: string): string {
  const [style] = Object.entries(STATES).find(([, words]) => words.test(cell)) ?? [];
  return style === undefined ? cell : paint(style as keyof typeof STATES, cell, Deno.stdout);
}

/** Numbers and sizes (`1.5 MiB`) are right-aligned. */
function isNumber(cell: Cell): boolean {
  return typeof cell === "number" || cell === null || cell === undefined ||
    (typeof cell === "string" && /^-?[\d.]+ ([KMGTP]i)?B$/.test(cell));
}

function width(text: string): number {
  return [...text].length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Flattens a nested value to rows of path and value; a list of scalars is one row. */
export function flatRows(value: object): Row[] {
  const rows: Row[] = [];
  collect([], value, rows);
  return rows;
}

function collect(path: PropertyKey[], value: unknown, rows: Row[]): void {
  if (value === undefined) return;
  const field = formatPath(path);
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) {
    rows.push({ field, value: value.join(", ") });
  } else if (typeof value === "object" && value !== null) {
    const isList = Array.isArray(value);
    for (const [key, each] of Object.entries(value)) {
      collect([...path, isList ? Number(key) : key], each, rows);
    }
  } else rows.push({ field, value: String(value) });
}
