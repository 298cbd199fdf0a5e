import { usOfIso } from "@ssmd/runtime";

const DECIMAL = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/;

/** Number from a JSON number or a decimal text; undefined = absent, null or empty, NaN = unreadable. */
export function figureOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "string" && DECIMAL.test(value) ? Number(value) : NaN;
}

/** Whole number from 0 to 2^53 − 1, from a JSON number or a decimal text; undefined when invalid. */
export function countOf(value: unknown): number | undefined {
  const count = figureOf(value);
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/**
 * µs from a venue's RFC 3339 text; 0 when it is at or before the start of 1970, as venues write
 * "none". NaN when it is invalid or after the year 2255.
 */
export function usOfVenueTime(text: string): number {
  const us = usOfIso(text);
  return us > Number.MAX_SAFE_INTEGER ? NaN : us < 0 ? 0 : us;
}

/** Text of a field that should be a word, for messages; an object may have no text of its own. */
export function wordOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}

/** One line of text; undefined for "" or other types. */
export function lineOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  // deno-lint-ignore no-control-regex -- a name in a file is one line
  return value.replace(/[\x00-\x1f\x7f-\x9f\s]+/g, " ").trim() || undefined;
}

/** Fields that are not undefined. */
export function definedFields<T extends object>(
  fields: T,
): { [Name in keyof T]: NonNullable<T[Name]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]: NonNullable<T[Name]> };
}
