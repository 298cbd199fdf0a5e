import type { DuckDBValue } from "@duckdb/node-api";
import { isoOfUs } from "@ssmd/runtime";
import type { AnswerValue } from "./engine_messages.ts";

/**
 * Converts a DuckDB value to JSON: times as ISO 8601 UTC with microseconds, integers as numbers if
 * exact in a double, else as text; NaN and infinities as text.
 */
export function answerValue(value: DuckDBValue): AnswerValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if ("scale" in value) return decimalOf(String(value));
  if ("micros" in value && !("months" in value) && Number.isSafeInteger(Number(value.micros))) {
    return timeText(value);
  }
  if ("items" in value && Array.isArray(value.items)) return value.items.map(answerValue);
  if ("entries" in value && isRecord(value.entries)) return structOf(value.entries);
  return String(value);
}

/** Returns a decimal as number if a double holds all its digits, else as text. */
function decimalOf(text: string): AnswerValue {
  const digits = text.replace(/^-?0*\.?0*|\./g, "").length;
  return digits <= 15 ? Number(text) : text;
}

/** Times with a date use our format; times of day use DuckDB's. */
function timeText(value: { micros: bigint }): string {
  const text = String(value);
  if (!/^\d{4}-/.test(text)) return text;
  const iso = isoOfUs(Number(value.micros));
  return /[+-]\d\d(:\d\d)?$/.test(text) ? iso : iso.slice(0, -1);
}

function isRecord(entries: unknown): entries is Record<string, DuckDBValue> {
  return typeof entries === "object" && entries !== null && !Array.isArray(entries);
}

function structOf(entries: Record<string, DuckDBValue>): AnswerValue {
  return Object.fromEntries(
    Object.entries(entries).map(([name, each]) => [name, answerValue(each)]),
  );
}
