import { usOfInstant } from "@ssmd/metadata";
import { nowUs } from "@ssmd/runtime";
import { DAY_WORDS, dayNamed } from "@ssmd/runtime/day";
import { parsed, text } from "../command/flag.ts";

/** A time in UTC as the files have it; a day is its midnight. Throws RangeError. */
function parseInstant(value: string): string {
  const day = dayNamed(value);
  if (day !== undefined) return day;
  if (usOfInstant(value) !== undefined) return value;
  throw new RangeError(`a time is YYYY-MM-DDTHH:MM:SSZ, or a day: ${DAY_WORDS}`);
}

/** A flag whose value is a time in UTC. */
export function instantFlag(brief: string) {
  return parsed(parseInstant, brief, { placeholder: "time" });
}

/** `--as-of`: what held then. */
export const AS_OF_TIME = instantFlag("What held at a time (UTC); default now");

/** `--known-at`: as it was known then. */
export const KNOWN_AT = instantFlag("As it was known at a time (UTC); default now");

/** An instrument's id. */
export const INSTRUMENT_ID = text("The instrument's id", { placeholder: "id", required: true });

/** The two times of a look, µs. */
export function timesOf(flags: { asOf?: string; knownAt?: string }) {
  const now = nowUs();
  const usOf = (value: string | undefined) => value === undefined ? now : usOfInstant(value) ?? now;
  return { asOfUs: usOf(flags.asOf), knownAtUs: usOf(flags.knownAt) };
}

/** The time of now as the files have it. */
export function nowText(): string {
  return new Date().toISOString();
}
