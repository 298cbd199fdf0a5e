/** A day of 24 hours, ms. */
export const DAY_MS = 86_400_000;
/** A day of 24 hours, µs. */
export const DAY_US = DAY_MS * 1000;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** Formats of {@linkcode dayNamed}, for errors and help texts. */
export const DAY_WORDS = "YYYY-MM-DD, today, yesterday, or 7d for seven days ago (UTC)";

/** Parses a UTC day ({@linkcode DAY_WORDS}) to `YYYY-MM-DD`; undefined when invalid. */
export function dayNamed(text: string, nowMs: number = Date.now()): string | undefined {
  if (DATE.test(text)) {
    const ms = Date.parse(`${text}T00:00:00Z`);
    return !Number.isNaN(ms) && dayOfMs(ms) === text ? text : undefined;
  }
  const days = text === "today" ? "0" : text === "yesterday" ? "1" : /^(\d{1,5})d$/.exec(text)?.[1];
  return days === undefined ? undefined : dayOfMs(nowMs - Number(days) * DAY_MS);
}

/** Returns the UTC day of a time in ms, `YYYY-MM-DD`. */
export function dayOfMs(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
