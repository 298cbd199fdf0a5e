import { usOfIso } from "@ssmd/runtime";

const MILLISECONDS = /^\d{1,14}(?:\.\d{1,6})?$/;
const ISO =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+ -](?:[01]\d|2[0-3]):[0-5]\d)?)?$/;
/** Pattern of a time in a query. */
export const TIME_PATTERN: RegExp = new RegExp(
  `${MILLISECONDS.source}|${ISO.source}`,
);
/** Start of the year 10000, from which a day's name has more than ten characters. */
const TIME_US_MAX = Date.UTC(10_000, 0) * 1000;

/**
 * Returns the µs of a time in a query: ISO 8601 (a day alone is its midnight; UTC without an
 * offset) or milliseconds since 1970; undefined when invalid.
 */
export function usOfTime(text: string): number | undefined {
  const us = MILLISECONDS.test(text) ? Math.round(Number(text) * 1000) : usOfText(text);
  return Number.isFinite(us) && us >= 0 && us < TIME_US_MAX ? us : undefined;
}

function usOfText(text: string): number {
  // In a query an unescaped + is a space.
  const given = text.replace(/ (\d\d:\d\d)$/, "+$1");
  if (!ISO.test(given)) return NaN;
  if (given.length === 10) return usOfIso(`${given}T00:00:00Z`);
  return usOfIso(/(?:Z|[+-]\d\d:\d\d)$/.test(given) ? given : `${given}Z`);
}
