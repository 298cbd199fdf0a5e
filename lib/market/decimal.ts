/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** Returns 10^decimals, 0 ≤ decimals ≤ 22. */
export function powerOfTen(decimals: number): number {
  const power = POWERS_OF_TEN[decimals];
  if (power === undefined) {
    throw new RangeError(`decimals must be 0 to 22: current value is ${decimals}`);
  }
  return power;
}

/** Converts a value to steps of 10^-decimals; exact while the result is below 2^53. */
export function stepsOf(value: number, decimals: number): number {
  return Math.round(value * powerOfTen(decimals));
}

/** Returns the double nearest to `steps` × 10^-decimals, which prints as that decimal. */
export function valueOf(steps: number, decimals: number): number {
  return steps / powerOfTen(decimals);
}

/**
 * Parses a decimal text to steps (`"0.0300"` at 4 → 300, `"-100.00"` at 2 → -10000); NaN when it is
 * not a plain decimal, has more digits than `decimals` (other than zeros), or exceeds 2^53.
 */
export function stepsOfText(text: string, decimals: number): number {
  const negative = text.charCodeAt(0) === 45;
  let steps = 0;
  let fraction = -1;
  let digits = 0;
  for (let i = negative ? 1 : 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46 && fraction < 0) {
      fraction = 0;
      continue;
    }
    const digit = code - 48;
    if (digit < 0 || digit > 9) return NaN;
    digits++;
    if (fraction >= 0 && ++fraction > decimals) {
      if (digit !== 0) return NaN;
      continue;
    }
    steps = steps * 10 + digit;
  }
  if (digits === 0) return NaN;
  steps *= powerOfTen(decimals - Math.min(Math.max(fraction, 0), decimals));
  return steps > Number.MAX_SAFE_INTEGER ? NaN : negative ? -steps : steps;
}

/**
 * Parses a plain or exponent decimal text of any size to exact steps; undefined when invalid or
 * with more digits than `decimals` (other than zeros). Check the exponent first: the result has as
 * many digits as the number.
 */
export function exactStepsOfText(text: string, decimals: number): bigint | undefined {
  const parts = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (parts === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = whole + fraction;
  const shift = decimals - fraction.length + Number(exponent);
  const cut = shift < 0 ? digits.slice(shift) : "";
  if (/[1-9]/.test(cut)) return undefined;
  const kept = digits.slice(0, digits.length - cut.length) + "0".repeat(Math.max(shift, 0));
  const steps = BigInt(kept === "" ? "0" : kept);
  return sign === "-" ? -steps : steps;
}

/** Returns the double nearest to exact `steps` × 10^-decimals. */
export function valueOfExact(steps: bigint, decimals: number): number {
  return Number(`${steps}e-${decimals}`);
}

/** Formats steps as a plain decimal with all digits after the point (`300` at 4 → `"0.0300"`). */
export function textOfSteps(steps: number | bigint, decimals: number): string {
  const sign = steps < 0 ? "-" : "";
  const digits = String(steps).slice(sign.length).padStart(decimals + 1, "0");
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/**
 * Returns the digits after the point of a plain or exponent decimal text (`"1e-08"` → 8,
 * `"63005.0"` → 1); 0 when invalid.
 */
export function decimalsOfText(text: string): number {
  const parts = /^[+-]?\d+(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (parts === null) return 0;
  const [, fraction = "", exponent = "0"] = parts;
  return Math.max(0, fraction.length - Number(exponent));
}
