import { figiProblem, LIFE_STATES } from "@ssmd/metadata";
import { choice, parsed, text } from "../command/flag.ts";
import { instantFlag } from "./flags.ts";

function parseFigi(value: string): string {
  const problem = figiProblem(value);
  if (problem !== undefined) throw new RangeError(problem);
  return value;
}

/** Flags for the terms of an instrument version. */
export const TERMS_FLAGS = {
  state: choice(LIFE_STATES, "Life-cycle state; of a new instrument: open by default"),
  base: text("Base: BTC", { placeholder: "asset" }),
  quote: text("Quote: USD", { placeholder: "asset" }),
  figi: parsed(parseFigi, "FIGI of the instrument", { placeholder: "figi" }),
  sizeStep: text("Size increment, a decimal", { placeholder: "decimal" }),
  sizeMin: text("Minimum order size, a decimal", { placeholder: "decimal" }),
  priceStep: text("Price increment, a decimal, the same for all prices", {
    placeholder: "decimal",
  }),
  opens: instantFlag("Start of trading"),
  closes: instantFlag("End of trading"),
  result: text("How it was determined", { placeholder: "word" }),
};

type TermsFlags = { [Name in keyof typeof TERMS_FLAGS]?: string };

/** Version fields set by flags. */
export function termsOf(flags: TermsFlags): Record<string, unknown> {
  const { sizeStep, sizeMin, priceStep } = flags;
  const named = {
    ...{ state: flags.state, base: flags.base, quote: flags.quote, figi: flags.figi },
    ...{ size_step: sizeStep, size_min: sizeMin },
    price_grid: priceStep === undefined
      ? undefined
      : [{ from: "0", to: "999999999999999", step: priceStep }],
    ...{ opens: flags.opens, closes: flags.closes, result: flags.result },
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}
