import { render } from "../render.ts";
import type { AnswerSink, AnswerValue } from "@ssmd/dataset/query";

/** Output formats of a query. */
export const ANSWER_FORMATS = ["table", "json", "yaml", "csv", "ndjson"] as const;

/** See {@linkcode ANSWER_FORMATS}. */
type AnswerFormat = typeof ANSWER_FORMATS[number];

/** Returns true for formats printed while rows arrive, which need no row limit. */
export function isStreamed(format: AnswerFormat): boolean {
  return format === "csv" || format === "ndjson";
}

/** Creates a printer for a format. */
export function answerPrinter(format: AnswerFormat, write: (text: string) => void): AnswerSink {
  switch (format) {
    case "csv":
      return csvPrinter(write);
    case "ndjson":
      return ndjsonPrinter(write);
    default:
      return gatheringPrinter(format, write);
  }
}

function objectOf(names: readonly string[], row: readonly AnswerValue[]) {
  return Object.fromEntries(names.map((name, i) => [name, row[i] ?? null]));
}

function ndjsonPrinter(write: (text: string) => void): AnswerSink {
  let names: string[] = [];
  return {
    columns: (columns) => names = columns.map(({ name }) => name),
    rows: (rows) => write(rows.map((row) => `${JSON.stringify(objectOf(names, row))}\n`).join("")),
    end: () => {},
  };
}

function csvPrinter(write: (text: string) => void): AnswerSink {
  const line = (cells: readonly AnswerValue[]) => `${cells.map(csvCell).join(",")}\r\n`;
  return {
    columns: (columns) => write(line(columns.map(({ name }) => name))),
    rows: (rows) => write(rows.map(line).join("")),
    end: () => {},
  };
}

function csvCell(value: AnswerValue): string {
  if (value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function gatheringPrinter(
  format: "table" | "json" | "yaml",
  write: (text: string) => void,
): AnswerSink {
  let names: string[] = [];
  const all: Record<string, AnswerValue>[] = [];
  return {
    columns: (columns) => names = columns.map(({ name }) => name),
    rows: (rows) => {
      for (const row of rows) all.push(objectOf(names, row));
    },
    end: () => {
      const rows = all.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellOf(value)]))
      );
      write(render({ value: all, rows, columns: names, counted: "row" }, format));
    },
  };
}

function cellOf(value: AnswerValue) {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
