import { usOfIso } from "@ssmd/runtime";

/** Resume point of a client: after a position, or at a time. */
export type Since = { position: number } | { timeUs: number };

const ISO = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Parses `since`: an integer, or a string of digits, is a position (`pos` of the last received
 * message); other strings are ISO times with a zone, exact to the microsecond. Returns undefined
 * for anything else.
 */
export function parseSince(value: unknown): Since | undefined {
  if (typeof value === "number") return positionOf(value);
  if (typeof value !== "string") return undefined;
  if (/^\d{1,16}$/.test(value)) return positionOf(Number(value));
  const timeUs = ISO.test(value) ? usOfIso(value.replace(" ", "T").toUpperCase()) : NaN;
  return Number.isNaN(timeUs) ? undefined : { timeUs };
}

function positionOf(value: number): Since | undefined {
  return Number.isSafeInteger(value) && value >= 0 ? { position: value } : undefined;
}
