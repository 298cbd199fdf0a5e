import { DAY_WORDS, dayNamed } from "@ssmd/runtime/day";

/** Splits `a,b,c` into words. Throws RangeError when one is empty. */
export function parseList(text: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.some((part) => part === "")) {
    throw new RangeError("a list is words with commas between: a,b");
  }
  return parts;
}

/** Parses a whole number ≥ 0. Throws RangeError. */
export function parseWhole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new RangeError("a whole number is wanted");
  return Number(text);
}

/** Parses a day given as a date, `today`, `yesterday` or `7d`. Throws RangeError. */
export function parseDay(text: string): string {
  const day = dayNamed(text);
  if (day === undefined) throw new RangeError(`a day is ${DAY_WORDS}`);
  return day;
}
