import { gatewayNowMs } from "./clock.ts";

/** Most decimals shown of a price. */
export const DECIMALS_MAX = 12;
const formats = new Map<number, Intl.NumberFormat>();

/** Number of decimals of a number as written. */
export function decimalsOf(value: number): number {
  // Below a millionth: `6.174e-7`.
  const [digits = "", exponent = "0"] = String(value).split("e-");
  return Math.min(DECIMALS_MAX, (digits.split(".")[1]?.length ?? 0) + Number(exponent));
}

/** `63,005.10` at 2 decimals; a dash when unknown. */
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
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 4 });

/** A number as written, without an exponent: `0.01`, `0.000000000001`. */
export function decimalText(value: number): string {
  return value.toFixed(decimalsOf(value));
}

/** A size in about six characters: `0.00123`, `12.5`, `1,204`, `123.5M`. */
export function size(value: number): string {
  if (value >= 1e6) return SHORT.format(value);
  if (value >= 1000) return WHOLE.format(value);
  if (value >= 100) return String(Number(value.toFixed(1)));
  if (value >= 1) return String(Number(value.toFixed(3)));
  if (value >= 1e-4 || value === 0) return String(Number(value.toPrecision(4)));
  return value.toFixed(8).replace(/\.?0+$/, "");
}

/** `12:34:56` in UTC. */
export function time(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** `12:34:56.789` in UTC. */
export function timeMs(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

/** A whole number with separators. */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** Formats a change in percent: `+1.20%`; empty when unknown. */
export function percentText(percent: number | null): string {
  if (percent === null) return "";
  const text = Math.abs(percent).toFixed(2);
  const sign = text === "0.00" ? "" : percent > 0 ? "+" : "−";
  return `${sign}${text}%`;
}

/** Direction of a formatted change, so that 0.00% has none. */
export function directionOf(text: string): "up" | "down" | "" {
  return text.startsWith("+") ? "up" : text.startsWith("−") ? "down" : "";
}

/** Formats a duration: `320 ms`, `4.2 s`, `3 min`, `5 h 12 min`, `2 d`; a negative one as `−4.2 s`. */
export function durationText(ms: number): string {
  if (ms < 0) return `−${durationText(-ms)}`;
  if (ms < 1000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}

/** Formats several durations; a common unit is written once: `3 · 12 · 80 ms`. */
export function spansText(spansMs: readonly number[]): string {
  const texts = spansMs.map(durationText);
  const unit = / \D+$/.exec(texts.at(-1) ?? "")?.[0] ?? "";
  return texts.map((text, i) =>
    i < texts.length - 1 && text.endsWith(unit) ? text.slice(0, text.length - unit.length) : text
  ).join(" · ");
}

/** Formats bytes: `812 B`, `4.2 KiB`, `3.1 MiB`. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let [scaled, unit] = [value / 1024, 0];
  while (scaled >= 1024 && unit < units.length - 1) [scaled, unit] = [scaled / 1024, unit + 1];
  return `${scaled.toFixed(scaled < 10 ? 1 : 0)} ${units[unit]}`;
}

/** Formats a UTC time, `11-24 12:34:56`; the date is omitted for today. */
export function dayTime(ms: number, nowMs: number = gatewayNowMs()): string {
  const text = new Date(ms).toISOString();
  const isToday = text.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10);
  return isToday ? text.slice(11, 19) : `${text.slice(5, 10)} ${text.slice(11, 19)}`;
}

/** Formats named values on one line: `imbalance 0.8049, mid 0.818`. */
export function valuesText(values: object): string {
  return Object.entries(values).map(([name, value]) => {
    const shown = typeof value === "number" ? Number(value.toPrecision(6)) : value;
    return `${name} ${typeof shown === "object" ? JSON.stringify(shown) : shown}`;
  }).join(", ");
}
