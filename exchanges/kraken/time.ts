import { usOfVenueTime } from "../json_fields.ts";

/** The venue's time, µs; 0 when absent, NaN when it is not RFC 3339 text. */
export function timestampOf(value: unknown): number {
  if (value === undefined || value === null || value === "") return 0;
  return typeof value === "string" ? usOfVenueTime(value) : NaN;
}
