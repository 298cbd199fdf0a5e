import { connectionOfName, runOfName, type RunTurn } from "@ssmd/market";
import { VenueError } from "@ssmd/runtime";
import { suggestion } from "@ssmd/runtime/suggest";
import type { NormalizerVersion, SymbolSpec, Venue } from "./adapter.ts";
import { VENUES } from "./registry.ts";
import { Translator } from "./translator.ts";
import type { TranslatorOrigin } from "./translator_origin.ts";
import { normalizerOn } from "./versions.ts";

/** Metadata of a captured connection: enough to translate its lines. */
interface CapturedConnection {
  /** Id of the venue, hence of the wire format. */
  venue: string;
  /** Feed id. */
  feed: string;
  /** Subscribed markets. */
  symbols: readonly SymbolSpec[];
  /** Id of the normalizer, where it is not that of the lines' day, as they were recorded earlier. */
  normalizer?: string;
  /** Run name of the connector; absent = unknown. */
  run?: string;
  /** Connection name, `{run}-{number}`; absent = unknown. */
  connection?: string;
  /** Whether it publishes only in the run's turns; absent = always. */
  inTurns?: boolean;
}

/** Choice of normalizer, venues and turns. */
interface TranslationChoice {
  /** UTC day (`YYYY-MM-DD`) of the connection's first line, which selects the wire format. */
  day: string;
  /** Id of a dated normalizer, or a day that selects the format in place of `day`. */
  normalizer?: string;
  /** Venues by id; default all registered ones. */
  venues?: Readonly<Record<string, Venue>>;
  /** Turns of the run; default: it always publishes. */
  turns?: readonly RunTurn[];
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * Creates the translator of a connection from its first line on. Throws VenueError `VENUE_UNKNOWN`,
 * or `NO_NORMALIZER` when the venue has no such format.
 */
export function translatorOf(capture: CapturedConnection, choice: TranslationChoice): Translator {
  const { normalizer = capture.normalizer } = choice;
  const version = normalizerFor(venueNamed(capture.venue, choice.venues), {
    day: choice.day,
    ...(normalizer === undefined ? {} : { normalizer }),
  });
  const { feed, symbols, inTurns = false } = capture;
  const origin = { ...originOf(capture), turns: inTurns ? choice.turns : undefined };
  return new Translator(feed, version.create({ feed, symbols }), origin);
}

/** Run and connection numbers of a capture's records. */
export function originOf(
  { run = "", connection = "" }: Pick<CapturedConnection, "run" | "connection">,
): TranslatorOrigin {
  return { run: runOfName(run), connection: connectionOfName(connection) };
}

/** Selects the normalizer. Throws VenueError `NO_NORMALIZER` when the venue has no such one. */
export function normalizerFor(
  venue: Venue,
  { day, normalizer }: Pick<TranslationChoice, "day" | "normalizer">,
): NormalizerVersion {
  if (normalizer === undefined) return normalizerOn(venue, day);
  if (DAY.test(normalizer)) return normalizerOn(venue, normalizer);
  const version = venue.normalizers.find(({ id }) => id === normalizer);
  if (version !== undefined) return version;
  const ids = venue.normalizers.map(({ id }) => id);
  throw new VenueError("NO_NORMALIZER", `${venue.id} has no normalizer "${normalizer}"`, {
    hint: `${suggestion(normalizer, ids)}; a day (YYYY-MM-DD) takes the one of that day`,
    context: { venue: venue.id, normalizer },
  });
}

/** Returns a venue by id. Throws VenueError `VENUE_UNKNOWN`. */
export function venueNamed(
  id: string,
  venues: Readonly<Record<string, Venue>> = VENUES,
): Venue {
  const venue = Object.hasOwn(venues, id) ? venues[id] : undefined;
  if (venue !== undefined) return venue;
  throw new VenueError("VENUE_UNKNOWN", `The venue "${id}" is not known`, {
    hint: suggestion(id, Object.keys(venues)),
    context: { venue: id },
  });
}
