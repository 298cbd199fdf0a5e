const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `500ms`, `30s`, `5m` or `1h`. Throws RangeError that names what is allowed. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (!match) throw new RangeError("a duration is a number with ms, s, m or h: 30s");
  return Number(match[1]) * (UNITS_MS[match[2] as string] as number);
}

/** `max` or how many times the own pace. Throws RangeError that names what is allowed. */
export function parseSpeed(text: string): number | "max" {
  if (text === "max") return "max";
  const speed = Number(text);
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new RangeError('a speed is "max" or a number above 0: 10 is ten times the own pace');
  }
  return speed;
}

/** A port number. Throws RangeError that names what is allowed. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError("a port is a whole number from 0 (any free one) to 65535");
  }
  return port;
}
