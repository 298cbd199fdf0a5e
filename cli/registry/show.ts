import { formatPath, type Origin } from "@ssmd/metadata";
import { notice, type SsmdContext } from "../context.ts";
import type { Row } from "../render.ts";

/** Says what is not expected about where files come from; `--quiet` does not. */
export function noteOrigin(context: SsmdContext, { note }: Origin): void {
  if (note !== undefined) notice(context, `note: ${note}`);
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
