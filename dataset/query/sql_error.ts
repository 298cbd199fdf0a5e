import { nearest } from "@ssmd/runtime";
import type { EngineFailure } from "./engine_messages.ts";
import { QueryError } from "./engine_process.ts";
import { INSTRUMENT_TABLE_NAMES } from "./instrument_tables.ts";
import { TABLES } from "./tables.ts";

/** Table names except series. */
const NAMES = [...Object.keys(TABLES), ...INSTRUMENT_TABLE_NAMES];

/** Error codes by DuckDB error kind. */
const CODES: Readonly<Record<string, string>> = {
  Refused: "QUERY_REFUSED",
  Permission: "QUERY_REFUSED",
  "Invalid Configuration": "QUERY_REFUSED",
  "Out of Memory": "QUERY_TOO_LARGE",
  Interrupt: "QUERY_ENDED",
};

const HINTS: Readonly<Record<string, string>> = {
  QUERY_REFUSED: `SQL reads the tables ${NAMES.join(", ")}, and nothing else: no file, ` +
    "no network, no setting. Files are written by ssmd data export.",
  QUERY_TOO_LARGE: "Narrow it with --from, --to, --feed and --symbol, or give it more --memory.",
};

/** Converts an engine failure to an error with position and name suggestion. */
export function sqlError(sql: string, failure: EngineFailure): QueryError {
  const code = CODES[failure.kind] ?? "QUERY_INVALID";
  const offset = failure.position === undefined ? undefined : offsetIn(sql, failure.position);
  // DuckDB's further lines suggest names; our hint does that.
  const sentence = (failure.message.split("\n")[0] ?? "").replace(/[.!]$/, "");
  const where = offset === undefined ? "" : ` (line ${offset.line}, column ${offset.column})`;
  return new QueryError(code, `${sentence}${where}`, {
    hint: HINTS[code] ?? nameHint(failure) ?? marked(sql, offset),
    context: { ...offset, kind: failure.kind },
  });
}

interface SqlOffset {
  /** From 1. */
  line: number;
  /** From 1, in characters. */
  column: number;
}

/** Returns the position of a UTF-8 byte offset. */
function offsetIn(sql: string, position: number): SqlOffset {
  const before = new TextDecoder().decode(new TextEncoder().encode(sql).subarray(0, position));
  const lines = before.split("\n");
  return { line: lines.length, column: [...lines.at(-1) ?? ""].length + 1 };
}

function nameHint({ name, candidates = [], kind }: EngineFailure): string | undefined {
  if (name === undefined) return undefined;
  const known = kind === "Catalog" ? [...NAMES, ...candidates] : candidates;
  const near = nearest(name, known);
  if (near !== undefined) return `Did you mean "${near}"?`;
  return kind === "Catalog" ? `tables: ${NAMES.join(", ")}` : `columns: ${candidates.join(", ")}`;
}

/** Returns the line with a caret under the position. */
function marked(sql: string, offset: SqlOffset | undefined): string {
  if (offset === undefined) return "DuckDB's SQL: https://duckdb.org/docs/sql/introduction";
  return `${sql.split("\n")[offset.line - 1] ?? ""}\n${" ".repeat(6 + offset.column)}^`;
}
