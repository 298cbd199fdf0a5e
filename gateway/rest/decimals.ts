/** Digits behind the point of a number as it prints. */
export function decimalsOf(value: number): number {
  const [digits = "", exponent = "0"] = String(value).split("e-");
  return (digits.split(".")[1]?.length ?? 0) + Number(exponent);
}

/** `a - b` as the decimal that it is: no digits that neither of them has. */
export function differenceOf(a: number, b: number): number {
  return round(a - b, Math.max(decimalsOf(a), decimalsOf(b)));
}

/** Half way between two decimals, as a decimal. */
export function midOf(a: number, b: number): number {
  return round((a + b) / 2, Math.max(decimalsOf(a), decimalsOf(b)) + 1);
}

/** A number with at most so many digits behind the point. */
export function round(value: number, decimals: number): number {
  return Number(value.toFixed(Math.min(100, decimals)));
}
