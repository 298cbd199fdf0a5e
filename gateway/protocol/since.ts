/** Where a client resumes: after a position, or at a time. */
export type Since = { position: number } | { timeUs: number };

const ISO = /^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Reads `since`: a whole number is a position (`pos` of the last message that was received), a
 * text is one written as digits, or an ISO time with its zone, exact to the microsecond. undefined
 * = neither.
 */
export function parseSince(value: unknown): Since | undefined {
  if (typeof value === "number") return positionOf(value);
  if (typeof value !== "string") return undefined;
  if (/^\d{1,16}$/.test(value)) return positionOf(Number(value));
  const [, seconds, decimals = "", zone] = ISO.exec(value) ?? [];
  if (seconds === undefined) return undefined;
  const ms = Date.parse(`${seconds.replace(" ", "T")}${zone}`.toUpperCase());
  if (Number.isNaN(ms)) return undefined;
  return { timeUs: ms * 1000 + Number(decimals.padEnd(6, "0").slice(0, 6)) };
}

function positionOf(value: number): Since | undefined {
  return Number.isSafeInteger(value) && value >= 0 ? { position: value } : undefined;
}
