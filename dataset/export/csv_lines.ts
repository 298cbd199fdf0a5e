import { type Column, type ColumnValue, type TableRow, valueOf } from "@ssmd/archive/parquet";
import { decimalText } from "./decimal_text.ts";

const QUOTED = /[",\r\n]/;
const END = "\r\n";

/** The first line of a CSV. */
export function csvHead(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(",") + END;
}

/**
 * Makes the line of a record, by RFC 4180: exact decimals without exponents, times as ISO 8601 in
 * UTC with microseconds, absent values as nothing, lists as JSON in quotation marks.
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

/** ISO 8601 with microseconds. Sorted records share their seconds, whose text costs ten times the rest. */
function timeText(us: number): string {
  const seconds = Math.floor(us / 1e6);
  if (seconds !== second) {
    second = seconds;
    secondText = new Date(seconds * 1000).toISOString().slice(0, -4);
  }
  return `${secondText}${String(us - seconds * 1e6).padStart(6, "0")}Z`;
}
