/**
 * Decimal numbers as texts, for readings that share nothing with the product: no double, no integer
 * steps of an instrument, only digits.
 */

/** Digits after the point with which sums are made; more than any venue sends. */
const DIGITS = 12;
const PATTERN = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** The number in units of 10^-12. Throws when the text is no decimal or has more digits. */
export function unitsOf(text: string): bigint {
  const match = PATTERN.exec(text);
  if (match === null) throw new Error(`"${text}" is no decimal`);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const shift = DIGITS - fraction.length + Number(exponent);
  const digits = whole + fraction;
  const moved = shift >= 0 ? digits + "0".repeat(shift) : cutZeros(digits, -shift);
  const units = BigInt(moved);
  return sign === "-" ? -units : units;
}

function cutZeros(digits: string, count: number): string {
  if (!/^0*$/.test(digits.slice(-count))) throw new Error(`"${digits}" has too many digits`);
  return digits.slice(0, -count) || "0";
}

/** The shortest text of a number in units of 10^-12: no zeros at the end, no exponent. */
export function textOf(units: bigint): string {
  const sign = units < 0n ? "-" : "";
  const digits = String(units < 0n ? -units : units).padStart(DIGITS + 1, "0");
  const fraction = digits.slice(-DIGITS).replace(/0+$/, "");
  return sign + digits.slice(0, -DIGITS) + (fraction === "" ? "" : `.${fraction}`);
}

/** The shortest text of a decimal text: `0.4300` → `0.43`, `1e-8` → `0.00000001`. */
export function shortest(text: string): string {
  return textOf(unitsOf(text));
}
