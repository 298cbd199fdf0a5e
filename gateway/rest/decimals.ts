/** Returns the number of decimals that a number prints with. */
export function decimalsOf(value: number): number {
  const [digits = "", exponent = "0"] = String(value).split("e-");
  return (digits.split(".")[1]?.length ?? 0) + Number(exponent);
}

/** Returns `a - b` rounded to the decimals of its operands. */
export function differenceOf(a: number, b: number): number {
  return round(a - b, Math.max(decimalsOf(a), decimalsOf(b)));
}

/** Returns the midpoint of two decimals, with one more decimal than they have. */
export function midOf(a: number, b: number): number {
  return round((a + b) / 2, Math.max(decimalsOf(a), decimalsOf(b)) + 1);
}

/** Rounds a number to at most `decimals` decimals. */
export function round(value: number, decimals: number): number {
  return Number(value.toFixed(Math.min(100, decimals)));
}
