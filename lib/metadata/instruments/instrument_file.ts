import { z } from "zod";
import { fields, plainText, text } from "../shape.ts";
import { figiProblem } from "./figi.ts";
import { usOfInstant } from "./instant.ts";

/** Asset classes; `venue` is an exchange itself: whether it trades, and its hours. */
export const ASSET_CLASSES = [
  ...(["crypto", "event", "equity", "fx", "commodity", "index"] as const),
  "venue",
] as const;

/** Lifecycle states of an instrument; `determined` may still be disputed and amended. */
export const LIFE_STATES = [
  ...["listed", "open", "halted", "closed"],
  ...["determined", "disputed", "amended", "settled", "delisted"],
] as const;

const decimal = text(/^\d{1,15}(\.\d{1,15})?$/, 'a plain decimal in quotes, like "0.01"');
const decimalSigned = text(/^-?\d{1,15}(\.\d{1,15})?$/, 'a plain decimal in quotes, like "0.01"');

/** A UTC day or time, as text. */
const instant = z.string().refine((value) => usOfInstant(value) !== undefined, {
  error: 'must be a day "YYYY-MM-DD" or a time "YYYY-MM-DDTHH:MM:SSZ"',
});

const GRID = fields({
  from: decimal.describe("Lowest price of the range"),
  to: decimal.describe("Highest price of the range"),
  step: decimal.describe("Price increment"),
});

const FEES = {
  type: plainText.describe("Formula of the fees: percent, quadratic, quadratic_with_maker_fees"),
  maker: decimalSigned.exactOptional().describe(
    "Maker fee, in the form given by the type; below 0 = rebate",
  ),
  taker: decimalSigned.exactOptional().describe("Taker fee, in the form given by the type"),
  multiplier: decimal.exactOptional().describe("Factor of a quadratic fee"),
};
const FEE_CHANGE = fields({ from: instant.describe("Time from which the fees apply"), ...FEES });

/** Terms of an instrument, valid from a time on. */
const INSTRUMENT_TERMS = {
  state: z.enum(LIFE_STATES).describe("Life-cycle state"),
  base: plainText.exactOptional().describe("Base: BTC; absent = a contract on an event"),
  quote: plainText.exactOptional().describe("Quote: USD"),
  figi: z.string().superRefine((value, context) => {
    const problem = figiProblem(value);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  }).exactOptional().describe("Financial Instrument Global Identifier, with a valid check digit"),
  price_grid: z.array(GRID).min(1).exactOptional().describe("Allowed order prices"),
  size_step: decimal.exactOptional().describe("Size increment"),
  size_min: decimal.exactOptional().describe("Minimum order size"),
  fees: fields(FEES).exactOptional().describe("Trading fees"),
  fee_changes: z.array(FEE_CHANGE).min(1).exactOptional()
    .describe(
      "Fees by date, past and future; as-of answers have in `fees` those in force then",
    ),
  opens: instant.exactOptional().describe("Start of trading"),
  closes: instant.exactOptional().describe("End of trading"),
  result: plainText.exactOptional()
    .describe("How it was determined; may be replaced until it is settled"),
  group: plainText.exactOptional().describe("Event of the market"),
  series: plainText.exactOptional().describe("Series of the event"),
};

const VERSION = fields({
  effective: instant.describe("Time from which it is in force, according to the venue"),
  known: instant.describe("Time at which it became known to us"),
  ...INSTRUMENT_TERMS,
  venue: z.record(z.string(), z.unknown()).exactOptional()
    .describe("The venue's own fields, unchanged"),
});

const MAPPING = fields({
  feed: plainText.describe("Feed that uses the name"),
  external: plainText.describe("The venue's name"),
  outcome: plainText.exactOptional()
    .describe(
      "Outcome that the name means, if each outcome has its own name; absent = the instrument",
    ),
  from: instant.describe("Start of the mapping"),
  to: instant.exactOptional().describe(
    "End of the mapping, exclusive; absent = until further notice",
  ),
  known: instant.describe("Time at which it became known to us"),
});

/** Instrument ids, which are file names. */
const instrumentId: z.ZodString = text(
  /^[A-Za-z0-9][\w.-]{0,126}[A-Za-z0-9]$/,
  "an id of letters, digits and _ . -",
);

/** Instrument file, `instruments/<id>.yaml`: versions are appended, never changed. */
export const INSTRUMENT_FILE = fields({
  id: instrumentId.describe("Id of the instrument, the same as the file's name"),
  name: plainText.describe("Display name"),
  asset_class: z.enum(ASSET_CLASSES).describe("Asset class"),
  versions: z.array(VERSION).min(1).describe(
    "Versions by the time they are in force and the time they became known; of two with the " +
      "same effective time, the one known later counts",
  ),
  mappings: z.array(MAPPING).default([])
    .describe(
      "Names of the instrument at feeds, with their time spans; a row known later replaces one " +
        "with the same from",
    ),
});

/** An instrument with its full bitemporal history. */
export type InstrumentFile = z.output<typeof INSTRUMENT_FILE>;
/** Terms valid from an effective time on, as known from a known time on. */
export type InstrumentVersion = InstrumentFile["versions"][number];
/** A feed's name for the instrument and its validity. */
type InstrumentMapping = InstrumentFile["mappings"][number];
