import { usOfIso } from "@ssmd/runtime";

/** The venue's time, µs; 0 when not given, NaN when it is no RFC 3339 text. */
export function timestampOf(value: unknown): number {
  if (typeof value === "string") return usOfIso(value);
  return value === undefined ? 0 : NaN;
}
