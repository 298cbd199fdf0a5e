/**
 * Formats a number as a plain decimal with all digits of its shortest form and no exponent: `1e-8`
 * is `0.00000001`.
 */
export function decimalText(value: number): string {
  const text = String(value);
  const at = text.indexOf("e");
  if (at < 0) return text;
  const exponent = Number(text.slice(at + 1));
  const negative = text.startsWith("-");
  const [whole = "", fraction = ""] = text.slice(negative ? 1 : 0, at).split(".");
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const plain = point <= 0
    ? `0.${"0".repeat(-point)}${digits}`
    : digits.padEnd(point, "0") + (digits.length > point ? `.${digits.slice(point)}` : "");
  return negative ? `-${plain}` : plain;
}
