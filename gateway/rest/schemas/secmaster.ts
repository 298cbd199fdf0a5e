import { ASSET_CLASSES, INSTRUMENT_FILE, LIFE_STATES, usOfInstant } from "@ssmd/metadata";
import { z } from "zod";
import { named } from "../../http/named.ts";

/** A time in UTC: a day, or an ISO time. */
const INSTANT = z.string().refine((value) => usOfInstant(value) !== undefined, {
  error: "must be a day YYYY-MM-DD, or a time YYYY-MM-DDTHH:MM:SSZ",
});

/** Valid time of a bitemporal query. */
export const HELD_AT = INSTANT.optional()
  .describe("Time (UTC) for which to show what is in force, according to the venue; default now.")
  .meta({ examples: ["2026-11-28"] });
/** Knowledge time of a bitemporal query. */
export const KNOWN_AT = INSTANT.optional()
  .describe("Time (UTC) of knowledge: later information is left out; default now.")
  .meta({ examples: ["2026-11-28T12:00:00Z"] });
/** A time. */
export const AT = INSTANT.optional().describe("Default now.").meta({ examples: ["2026-11-28"] });

/** A required feed; has no example, as hints may show none to a caller that sees no feed. */
export const FEED_OF_NAMES = z.string().min(1).max(128).describe("Id of the feed (`/v1/feeds`).");

/** An instrument's id. */
export const INSTRUMENT = z.string().min(1).max(128).describe("Id of the instrument.")
  .meta({ examples: ["BTCUSD"] });
/** Filter of lists. */
export const ASSET_CLASS = z.enum(ASSET_CLASSES).optional().describe("Only this asset class.");
/** Filter of lists. */
export const LIFE_STATE = z.enum(LIFE_STATES).optional().describe("Only this state.");

const VERSION = INSTRUMENT_FILE.shape.versions.element;
const MAPPING = INSTRUMENT_FILE.shape.mappings.unwrap().element;
const HEAD = { id: z.string(), name: z.string(), asset_class: z.enum(ASSET_CLASSES) };

/** One instrument. */
export const INSTRUMENT_VIEW = named(
  "Instrument",
  "What holds of an instrument at a time, as it was known at a time, and how feeds name it. Times " +
    "are ISO 8601, decimals are texts.",
  z.strictObject({
    ...HEAD,
    version: VERSION.nullable().describe("null = nothing was known for that time."),
    mappings: z.array(MAPPING),
  }),
);

/** Instruments. */
export const INSTRUMENTS = named(
  "Instruments",
  "Instruments, sorted by id.",
  z.strictObject({
    instruments: z.array(INSTRUMENT_VIEW),
    next: z.string().optional().describe(
      "Pass it as `after` for the next page; absent = last page.",
    ),
  }),
);

/** All versions of an instrument. */
export const INSTRUMENT_HISTORY = named(
  "InstrumentHistory",
  "All versions of an instrument, in the order in which they became known.",
  z.strictObject({ ...HEAD, versions: z.array(VERSION), mappings: z.array(MAPPING) }),
);

/** Instrument of a feed's name. */
export const LOOKUP = named(
  "InstrumentName",
  "The instrument that a feed's name means at a time.",
  z.strictObject({ feed: z.string(), external: z.string(), at: z.string(), id: z.string() }),
);

/** Instruments of names over a span. */
export const RESOLUTION = named(
  "Resolution",
  "What names mean over a span of time.",
  z.strictObject({
    mappings: z.record(
      z.string(),
      z.array(z.strictObject({ from: z.string(), to: z.string(), name: z.string() })),
    ),
    partial: z.array(z.string()).describe("Names that resolve in part of the span."),
    not_found: z.array(z.string()).describe("Names that do not resolve in the span."),
  }),
);
