import { usOfInstant } from "@ssmd/metadata";
import { nowUs } from "@ssmd/runtime";
import { DAY_WORDS, dayNamed } from "@ssmd/runtime/day";
import { parsed, text } from "../command/flag.ts";

/** Validates a UTC time in the files' format; a day is its midnight. Throws RangeError. */
function parseInstant(value: string): string {
  const day = dayNamed(value);
  if (day !== undefined) return day;
  if (usOfInstant(value) !== undefined) return value;
  throw new RangeError(`a time is YYYY-MM-DDTHH:MM:SSZ, or a day: ${DAY_WORDS}`);
}

/** Flag with a UTC time. */
export function instantFlag(brief: string) {
  return parsed(parseInstant, brief, { placeholder: "time" });
}

/** `--as-of`: effective time. */
export const AS_OF_TIME = instantFlag("Show what was in force at a time (UTC); default now");

/** `--known-at`: knowledge time. */
export const KNOWN_AT = instantFlag("Show what was known at a time (UTC); default now");

/** Instrument id argument. */
export const INSTRUMENT_ID = text("Id of the instrument", { placeholder: "id", required: true });

/** Effective and knowledge time of the flags, µs; default now. */
export function timesOf(flags: { asOf?: string; knownAt?: string }) {
  const now = nowUs();
  const usOf = (value: string | undefined) => value === undefined ? now : usOfInstant(value) ?? now;
  return { asOfUs: usOf(flags.asOf), knownAtUs: usOf(flags.knownAt) };
}

/** Current time in the files' format. */
export function nowText(): string {
  return new Date().toISOString();
}
