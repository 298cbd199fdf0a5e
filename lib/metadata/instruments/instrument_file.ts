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
  from: decimal.describe("Lowest price at which the step holds"),
  to: decimal.describe("Highest price at which it holds"),
  step: decimal.describe("Distance of two prices"),
});

const FEES = {
  type: plainText.describe("How they are counted: percent, quadratic, quadratic_with_maker_fees"),
  maker: decimalSigned.exactOptional().describe("Of who rests, as the type says; below 0 = rebate"),
  taker: decimalSigned.exactOptional().describe("Of who takes, as the type says"),
  multiplier: decimal.exactOptional().describe("Factor of a quadratic fee"),
};
const FEE_CHANGE = fields({ from: instant.describe("From when they hold"), ...FEES });

/** Terms of an instrument, valid from a time on. */
const INSTRUMENT_TERMS = {
  state: z.enum(LIFE_STATES).describe("Where it is in its life"),
  base: plainText.exactOptional().describe("What is bought: BTC; absent = a contract on an event"),
  quote: plainText.exactOptional().describe("What is paid: USD"),
  figi: z.string().superRefine((value, context) => {
    const problem = figiProblem(value);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  }).exactOptional().describe("Financial Instrument Global Identifier, with a right check digit"),
  price_grid: z.array(GRID).min(1).exactOptional().describe("Prices that orders may have"),
  size_step: decimal.exactOptional().describe("Distance of two sizes"),
  size_min: decimal.exactOptional().describe("Smallest order"),
  fees: fields(FEES).exactOptional().describe("What trading costs"),
  fee_changes: z.array(FEE_CHANGE).min(1).exactOptional()
    .describe(
      "What it costs by date, passed and to come; as-of answers have as `fees` what held then",
    ),
  opens: instant.exactOptional().describe("When it begins to trade"),
  closes: instant.exactOptional().describe("When it ends to trade"),
  result: plainText.exactOptional()
    .describe("How it was determined; may be replaced until it is settled"),
  group: plainText.exactOptional().describe("The event that it is a market of"),
  series: plainText.exactOptional().describe("The series that the event is of"),
};

const VERSION = fields({
  effective: instant.describe("From when it holds, by the venue's account"),
  known: instant.describe("From when we knew it"),
  ...INSTRUMENT_TERMS,
  venue: z.record(z.string(), z.unknown()).exactOptional()
    .describe("The venue's own fields, as it sent them"),
});

const MAPPING = fields({
  feed: plainText.describe("The feed that names it"),
  external: plainText.describe("The venue's name"),
  outcome: plainText.exactOptional()
    .describe("The outcome that the name means, where each has one; absent = the instrument"),
  from: instant.describe("From when the name means it"),
  to: instant.exactOptional().describe("Until when, exclusive; absent = until further notice"),
  known: instant.describe("From when we knew it"),
});

/** Instrument ids, which are file names. */
const instrumentId: z.ZodString = text(
  /^[A-Za-z0-9][\w.-]{0,126}[A-Za-z0-9]$/,
  "an id of letters, digits and _ . -",
);

/** Instrument file, `instruments/<id>.yaml`: versions are appended, never changed. */
export const INSTRUMENT_FILE = fields({
  id: instrumentId.describe("The file's name"),
  name: plainText.describe("Name for people"),
  asset_class: z.enum(ASSET_CLASSES).describe("What is traded"),
  versions: z.array(VERSION).min(1).describe(
    "What held from when, as known from when; of two with one effective time the later known counts",
  ),
  mappings: z.array(MAPPING).default([])
    .describe(
      "How feeds name it, from when to when; a later known row replaces one of the same from",
    ),
});

/** An instrument with its full bitemporal history. */
export type InstrumentFile = z.output<typeof INSTRUMENT_FILE>;
/** Terms valid from an effective time on, as known from a known time on. */
export type InstrumentVersion = InstrumentFile["versions"][number];
/** A feed's name for the instrument and its validity. */
type InstrumentMapping = InstrumentFile["mappings"][number];
