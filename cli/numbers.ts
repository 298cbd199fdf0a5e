import { parseDurationMs } from "@ssmd/runtime";
/** Parses `max` or a speed factor > 0. Throws RangeError that lists the allowed values. */
export function parseSpeed(text: string): number | "max" {
  if (text === "max") return "max";
  const speed = Number(text);
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new RangeError('a speed is "max" or a number above 0: 10 is ten times the own pace');
  }
  return speed;
}

/** Parses a port, 0–65535. Throws RangeError that lists the allowed values. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new RangeError("a port is a whole number from 0 (any free one) to 65535");
  }
  return port;
}

/** Parses a seed of a market model, ≥ 0. Throws RangeError that lists the allowed values. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new RangeError("a seed is a whole number from 0 on");
}

/** Parses a rate > 0. Throws RangeError. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && Number.isFinite(value)) return value;
  throw new RangeError("a number above 0 is wanted");
}

/** Parses `KXBTC15M=15m`: a series and how long each of its markets is open. Throws RangeError. */
export function parseRoll(text: string): { series: string; everyUs: number } {
  const [, series = "", every = ""] = /^([A-Z0-9]+)=(\S+)$/.exec(text) ?? [];
  if (series === "") throw new RangeError("a roll is SERIES=15m");
  return { series, everyUs: parseDurationMs(every) * 1000 };
}

/** Parses percent, 0–100. Throws RangeError. */
export function parsePercent(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 100) return value;
  throw new RangeError("percent from 0 to 100 are wanted");
}

/** Parses a share, > 0 and ≤ 1. Throws RangeError. */
export function parseShare(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new RangeError("a share is a number above 0, 1 at most");
}

/** Parses `USD=5000`: an asset and its amount. Throws RangeError. */
export function parseBalance(text: string): [asset: string, amount: number] {
  const [, asset = "", amount = ""] = /^([A-Z0-9]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (asset === "") throw new RangeError("a balance is ASSET=5000");
  return [asset, Number(amount)];
}
