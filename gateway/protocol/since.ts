import { dayNamed } from "@ssmd/runtime";

/** Resume point of a client: after a position, or at a time. */
export type Since = { position: number } | { timeUs: number };

const ISO = /^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Parses `since`: an integer, or a string of digits, is a position (`pos` of the last received
 * message); other strings are ISO times with a zone, exact to the microsecond. Returns undefined
 * for anything else.
 */
export function parseSince(value: unknown): Since | undefined {
  if (typeof value === "number") return positionOf(value);
  if (typeof value !== "string") return undefined;
  if (/^\d{1,16}$/.test(value)) return positionOf(Number(value));
  const [, seconds, decimals = "", zone] = ISO.exec(value) ?? [];
  // 30 February is no day, but the parser reads it as one in March.
  if (seconds === undefined || dayNamed(seconds.slice(0, 10)) === undefined) return undefined;
  const ms = Date.parse(`${seconds.replace(" ", "T")}${zone}`.toUpperCase());
  if (Number.isNaN(ms)) return undefined;
  return { timeUs: ms * 1000 + Number(decimals.padEnd(6, "0").slice(0, 6)) };
}

function positionOf(value: number): Since | undefined {
  return Number.isSafeInteger(value) && value >= 0 ? { position: value } : undefined;
}
