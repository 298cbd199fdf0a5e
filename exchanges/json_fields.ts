import { usOfIso } from "@ssmd/runtime";

const DECIMAL = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/;

/**
 * A number that venues write as a JSON number or as a decimal text; undefined = not given (absent,
 * null or empty), NaN = unreadable.
 */
export function figureOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "string" && DECIMAL.test(value) ? Number(value) : NaN;
}

/** A whole number from 0 to 2^53, as a JSON number or a decimal text; undefined when it is none. */
export function countOf(value: unknown): number | undefined {
  const count = figureOf(value);
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/**
 * A venue's time as RFC 3339 text, µs; 0 when it lies before 1970 or at its start, as venues write
 * "none". NaN when it is no such text or after the year 2255.
 */
export function usOfVenueTime(text: string): number {
  const us = usOfIso(text);
  return us > Number.MAX_SAFE_INTEGER ? NaN : us < 0 ? 0 : us;
}

/** A field that should be a word, for a sentence; an object may have no text of its own. */
export function wordOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}
