import { formatPath } from "@ssmd/metadata";
import { type OutputFormat, render, type Row } from "../render.ts";
import type { Origin } from "./as_of.ts";

type Out = { stdout: { write(text: string): void }; stderr: { write(text: string): void } };

/** Prints a value as one line a field; what is not expected about its origin goes to stderr. */
export function show(out: Out, value: object, output: OutputFormat, origin: Origin = {}): void {
  out.stdout.write(render({ value, rows: flatRows(value) }, output));
  if (origin.note !== undefined) out.stderr.write(`note: ${origin.note}\n`);
}

/** Prints rows with their count; the list itself is the value unless another one is given. */
export function showList(
  out: Out,
  rows: readonly Row[],
  what: [one: string, many: string],
  output: OutputFormat,
  value: unknown = rows,
): void {
  if (output !== "table") return out.stdout.write(render({ value, rows }, output));
  if (rows.length > 0) out.stdout.write(render({ value, rows }, output));
  out.stdout.write(`${rows.length} ${rows.length === 1 ? what[0] : what[1]}\n`);
}

/** A deep value as rows of path and value; lists of words stand on one line. */
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
