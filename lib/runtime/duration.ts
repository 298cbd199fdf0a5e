import { ConfigError } from "./errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Description of a duration, for errors and help texts. */
export const DURATION_WORDS =
  "a length of time above 0 with a unit, like 500ms, 30s, 2m, 24h or 7d";

/**
 * Parses `500ms`, `1.5s`, `2m`, `24h` or `7d` to whole milliseconds; the only duration format in
 * files and on command lines. Throws ConfigError `DURATION_INVALID`.
 */
export function parseDurationMs(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (UNIT_MS[unit] ?? NaN));
  if (ms > 0 && Number.isSafeInteger(ms)) return ms;
  throw new ConfigError("DURATION_INVALID", `"${text}" is no duration: write ${DURATION_WORDS}`, {
    context: { text },
  });
}

/** Formats ms for {@linkcode parseDurationMs}, in the largest unit that needs no fraction. */
export function formatDurationMs(ms: number): string {
  const units = Object.entries(UNIT_MS).toReversed();
  const [unit, factor] = units.find(([, each]) => ms % each === 0) ?? ["ms", 1];
  return `${ms / factor}${unit}`;
}
