import { parseDurationMs } from "@ssmd/runtime/duration";

const KNOWN_MAX = 256;
const known = new Map<string, number>();

/** Returns the microseconds of `500ms`, `30s`, `5m`; cached, as conditions repeat their spans. */
export function spanUs(text: string): number {
  const us = known.get(text);
  if (us !== undefined) return us;
  const parsed = parseDurationMs(text) * 1000;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, parsed);
  return parsed;
}
