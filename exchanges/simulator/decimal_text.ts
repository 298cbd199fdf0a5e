/**
 * Steps as a decimal text with exactly `decimals` digits after the point, trailing zeros kept:
 * `630059, 1` → `63005.9`, `39677, 8` → `0.00039677`.
 */
export function decimalText(steps: number | bigint, decimals: number): string {
  if (decimals === 0) return String(steps);
  if (steps < 0) return `-${decimalText(-steps, decimals)}`;
  const digits = String(steps).padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}
