import { VenueError } from "@ssmd/runtime";
import type { NormalizerVersion, Venue } from "./adapter.ts";

/**
 * Returns the normalizer of a venue's wire format on a day (`YYYY-MM-DD`, UTC). Throws VenueError
 * `NO_NORMALIZER` when the day is before the first known format.
 */
export function normalizerOn(venue: Venue, day: string): NormalizerVersion {
  const version = venue.normalizers.findLast((candidate) => candidate.from <= day);
  if (version) return version;
  throw new VenueError("NO_NORMALIZER", `No wire format of ${venue.id} is known for ${day}`, {
    hint: `The first known one begins on ${venue.normalizers[0]?.from ?? "no day"}`,
    context: { venue: venue.id, day },
  });
}
