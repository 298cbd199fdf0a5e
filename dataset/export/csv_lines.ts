import { type Column, type ColumnValue, type TableRow, valueOf } from "@ssmd/archive/parquet";
import { decimalText } from "./decimal_text.ts";

const QUOTED = /[",\r\n]/;
const END = "\r\n";

/** Returns the header line of a CSV. */
export function csvHead(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(",") + END;
}

/**
 * Returns a formatter of CSV lines (RFC 4180): exact decimals without exponents, times as ISO 8601
 * UTC with microseconds, empty fields for absent values, lists as quoted JSON.
 */
export function csvLine(columns: readonly Column[]): (event: TableRow) => string {
  return (event) => {
    let line = "";
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column;
      const text = csvText(column, valueOf(column, event));
      line += i === 0 ? text : `,${text}`;
    }
    return line + END;
  };
}

function csvText({ kind }: Column, value: ColumnValue): string {
  if (value === null) return "";
  if (kind === "time") return timeText(value as number);
  if (typeof value === "number") return decimalText(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return quotedWhereNeeded(value);
  return `"[${value.map(decimalText).join(",")}]"`;
}

function quotedWhereNeeded(text: string): string {
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

let second = -1;
let secondText = "";

/** Formats ISO 8601 with µs; caches the text up to the second, which is slow to format. */
function timeText(us: number): string {
  const seconds = Math.floor(us / 1e6);
  if (seconds !== second) {
    second = seconds;
    secondText = new Date(seconds * 1000).toISOString().slice(0, -4);
  }
  return `${secondText}${String(us - seconds * 1e6).padStart(6, "0")}Z`;
}
