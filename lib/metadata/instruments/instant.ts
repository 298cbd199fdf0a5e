/** Microseconds since 1970 of `YYYY-MM-DD` (its midnight, UTC) or of an ISO time in UTC; undefined = it is none. */
export function usOfInstant(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z)?$/.exec(text);
  if (match === null) return undefined;
  const [, day = "", time = "00:00:00", fraction = ""] = match;
  const ms = Date.parse(`${day}T${time}Z`);
  // 30 February would become a day of March.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(`${day}T${time}`)) {
    return undefined;
  }
  return ms * 1000 + Number(fraction.padEnd(6, "0"));
}

/** As {@linkcode usOfInstant}, of a text that was checked. */
export function checkedInstant(text: string): number {
  return usOfInstant(text) ?? NaN;
}
