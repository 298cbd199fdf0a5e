import { FEED_TYPES } from "@ssmd/market";
import { suggestion, VenueError } from "@ssmd/runtime";
import type { Venue } from "./adapter.ts";
import { kalshi } from "./kalshi/mod.ts";
import { kraken } from "./kraken/mod.ts";
import { polymarket } from "./polymarket/mod.ts";

/** All venues by id. A new venue is one folder, one feed file and one line here. */
export const VENUES: Readonly<Record<string, Venue>> = { kraken, kalshi, polymarket };

/** Ids of all normalizers: valid values for `parser` in a feed file. */
export const PARSERS: readonly string[] = Object.values(VENUES)
  .flatMap(({ normalizers }) => normalizers.map(({ id }) => id));

/**
 * Returns the venue with this `parser` of a feed file; several feeds may share one venue. Throws
 * VenueError `PARSER_UNKNOWN`.
 */
export function venueOfParser(parser: string): Venue {
  const venue = Object.values(VENUES)
    .find(({ normalizers }) => normalizers.some(({ id }) => id === parser));
  if (venue !== undefined) return venue;
  throw new VenueError("PARSER_UNKNOWN", `No normalizer "${parser}" is built in`, {
    hint: `${suggestion(parser, PARSERS)}; a feed file names it as parser of its version`,
    context: { parser },
  });
}

/** Explains an invalid venue symbol, with a suggestion; undefined = valid, or the parser is unknown. */
export function externalProblem(parser: string, external: string): string | undefined {
  return Object.values(VENUES)
    .find(({ normalizers }) => normalizers.some(({ id }) => id === parser))
    ?.externalProblem(external);
}

/** Fields of a feed file version that describe the venue's messages. */
interface MessageClaims {
  sequence_field?: unknown;
  book_checksum?: unknown;
  types?: unknown;
}

/**
 * Returns the claims of a feed file that its normalizer does not support: a sequence field that is
 * not followed, a checksum that is not verified. Empty when the parser is unknown.
 */
export function claimProblems(
  parser: string,
  { sequence_field, book_checksum, types }: MessageClaims,
): { field: keyof MessageClaims; message: string }[] {
  const venue = Object.values(VENUES)
    .find(({ normalizers }) => normalizers.some(({ id }) => id === parser));
  if (venue === undefined) return [];
  const problems: { field: keyof MessageClaims; message: string }[] = [];
  if (typeof sequence_field === "string" && sequence_field !== venue.sequenceField) {
    const read = venue.sequenceField;
    const message = read === undefined
      ? `${parser} follows no sequence number; set sequenced: false and leave it out`
      : `${parser} follows the field "${read}", not "${sequence_field}"`;
    problems.push({ field: "sequence_field", message });
  }
  if (book_checksum === true && !venue.bookChecksum) {
    const message = `${parser} verifies no checksum of books; leave it out`;
    problems.push({ field: "book_checksum", message });
  }
  const missing = Array.isArray(types) ? FEED_TYPES.filter((type) => !types.includes(type)) : [];
  if (missing.length > 0) {
    const message =
      `${parser} always brings ${missing.join(", ")}, too; add it: choosing channels ` +
      "is reserved, and readers choose with --type";
    problems.push({ field: "types", message });
  }
  return problems;
}
