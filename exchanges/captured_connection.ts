import { connectionOfName, runOfName, type RunTurn } from "@ssmd/market";
import { VenueError } from "@ssmd/runtime";
import { suggestion } from "@ssmd/runtime/suggest";
import type { NormalizerVersion, SymbolSpec, Venue } from "./adapter.ts";
import { VENUES } from "./registry.ts";
import { Translator, type TranslatorOrigin } from "./translator.ts";
import { normalizerOn } from "./versions.ts";

/** What a capture tells of a connection: enough to translate its lines. */
interface CapturedConnection {
  /** Id of the venue whose wire format it is. */
  venue: string;
  /** The feed's id. */
  feed: string;
  /** Markets that were subscribed. */
  symbols: readonly SymbolSpec[];
  /** Id of the normalizer of the lines where it is not that of their day: they were recorded before. */
  normalizer?: string;
  /** Name of the connector's life; absent = not said. */
  run?: string;
  /** The connection's name, `{run}-{number}`; absent = not said. */
  connection?: string;
  /** Whether it tells in the run's turns alone; absent = always. */
  inTurns?: boolean;
}

/** Which translation is wanted. */
interface TranslationChoice {
  /** UTC day (`YYYY-MM-DD`) of the connection's first line: the format of that day is taken. */
  day: string;
  /** Id of a dated normalizer, or a day whose format is taken in place of `day`'s. */
  normalizer?: string;
  /** Venues by id; default all that are registered. */
  venues?: Readonly<Record<string, Venue>>;
  /** Turns of the run; default: it tells always. */
  turns?: readonly RunTurn[];
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * The translation of a connection from its first line on. Throws VenueError `VENUE_UNKNOWN`, or
 * `NO_NORMALIZER` when the venue has no such format.
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

/** Which run and connection records of a capture are of. */
export function originOf(
  { run = "", connection = "" }: Pick<CapturedConnection, "run" | "connection">,
): TranslatorOrigin {
  return { run: runOfName(run), connection: connectionOfName(connection) };
}

/** The normalizer that is taken. Throws VenueError `NO_NORMALIZER` when the venue has no such one. */
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

/** A venue by its id. Throws VenueError `VENUE_UNKNOWN`. */
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
