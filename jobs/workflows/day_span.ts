import { DAY_WORDS, dayNamed } from "@ssmd/runtime/day";
import { z } from "zod";

const DAY = z.string().refine((text) => dayNamed(text) !== undefined, `a day is ${DAY_WORDS}`);

/** First and last day of a job, inclusive; absent: as far as the archive goes. */
export const DAY_SPAN = {
  from: DAY.exactOptional().describe(`First day: ${DAY_WORDS}`),
  to: DAY.exactOptional().describe("Last day, within"),
};

/** Days as named in a job's arguments. */
interface NamedSpan {
  from?: string;
  to?: string;
}

/** Resolves named days as of now to `YYYY-MM-DD`. */
export function daysNamed({ from, to }: NamedSpan, nowUs: number): { from: string; to: string } {
  const dayOf = (text: string | undefined, open: string) =>
    (text === undefined ? undefined : dayNamed(text, nowUs / 1000)) ?? open;
  return { from: dayOf(from, "0001-01-01"), to: dayOf(to, "9999-12-30") };
}
