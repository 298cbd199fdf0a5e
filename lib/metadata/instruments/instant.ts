/** Parses `YYYY-MM-DD` (midnight UTC) or an ISO time in UTC to µs since 1970; undefined = invalid. */
export function usOfInstant(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z)?$/.exec(text);
  if (match === null) return undefined;
  const [, day = "", time = "00:00:00", fraction = ""] = match;
  const ms = Date.parse(`${day}T${time}Z`);
  // Reject 30 February, which would become a day in March.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(`${day}T${time}`)) {
    return undefined;
  }
  return ms * 1000 + Number(fraction.padEnd(6, "0"));
}

/** Like {@linkcode usOfInstant}, for validated text. */
export function checkedInstant(text: string): number {
  return usOfInstant(text) ?? NaN;
}
