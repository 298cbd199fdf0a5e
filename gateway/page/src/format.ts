const DECIMALS_MAX = 10;
const formats = new Map<number, Intl.NumberFormat>();

/** Digits after the point of a number as it is written. */
export function decimalsOf(value: number): number {
  const text = String(value);
  const exponent = text.indexOf("e-");
  if (exponent > 0) return Math.min(DECIMALS_MAX, Number(text.slice(exponent + 2)));
  const point = text.indexOf(".");
  return point < 0 ? 0 : Math.min(DECIMALS_MAX, text.length - point - 1);
}

/** `63,005.10` at 2 decimals; a dash for what is not known. */
export function price(value: number | null | undefined, decimals: number): string {
  if (value === null || value === undefined) return "–";
  let format = formats.get(decimals);
  if (format === undefined) {
    format = new Intl.NumberFormat("en-US", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    formats.set(decimals, format);
  }
  return format.format(value);
}

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });

/** A size in about six characters: `0.00123`, `12.5`, `1,204`, `1.2M`. */
export function size(value: number): string {
  if (value >= 1e6) return SHORT.format(value);
  if (value >= 1000) return WHOLE.format(value);
  if (value >= 100) return String(Number(value.toFixed(1)));
  if (value >= 1) return String(Number(value.toFixed(3)));
  if (value >= 1e-4 || value === 0) return String(Number(value.toPrecision(4)));
  return value.toFixed(8).replace(/0+$/, "");
}

/** `12:34:56` in UTC. */
export function time(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** `12:34:56.789` in UTC. */
export function timeMs(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

/** `+1.20%`; empty when there is nothing to compare. */
export function percent(now: number | null, first: number | null): string {
  if (now === null || first === null || first === 0) return "";
  const value = (now / first - 1) * 100;
  const text = Math.abs(value).toFixed(2);
  const sign = text === "0.00" ? "" : value > 0 ? "+" : "−";
  return `${sign}${text}%`;
}

/** A whole number with separators. */
export function count(value: number): string {
  return WHOLE.format(value);
}
