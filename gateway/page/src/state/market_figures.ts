import { gatewayNowMs } from "../clock.ts";
import { DECIMALS_MAX, decimalsOf, percentText, price, size } from "../format.ts";
import { changeOf, type MarketRow } from "./market_row.ts";

/** Minimum age of a reference that counts as one hour, ms: the first minute may be without a trade. */
const HOUR_MS = 58 * 60_000;

/** Fields that determine the price format; contract prices from 0 to 1 are shown in cents. */
type Figures = Pick<MarketRow, "type" | "decimals">;

/** Formats a price without unit: `63,005.1`, or `38.5` for 0.385 in a prediction market; – = unknown. */
export function priceNumber(row: Figures, value: number | null | undefined, more = 0): string {
  const scale = row.type === "prediction" ? 2 : 0;
  const scaled = value === null || value === undefined ? value : value * 10 ** scale;
  return price(scaled, Math.max(0, Math.min(DECIMALS_MAX, row.decimals + more) - scale));
}

/** Formats a price with unit: `63,005.1`, `38.5¢`. */
export function priceText(row: Figures, value: number | null | undefined, more = 0): string {
  const text = priceNumber(row, value, more);
  return row.type === "prediction" && text !== "–" ? `${text}¢` : text;
}

/** Formats the change of the last hour: `+1.20%`, or in points for a prediction market: `+5.0 pt`. */
export function changeText(row: MarketRow): string {
  const change = changeOf(row);
  if (change === null || row.type !== "prediction") return percentText(change);
  const text = Math.abs(change).toFixed(Math.max(0, row.decimals - 2));
  const sign = Number(text) === 0 ? "" : change > 0 ? "+" : "−";
  return `${sign}${text} pt`;
}

/** Period of the change: `1h`, or `since 17:25` for a younger recording. */
export function changeSpan({ referenceMs }: MarketRow, nowMs: number = gatewayNowMs()): string {
  if (referenceMs === null || nowMs - referenceMs > HOUR_MS) return "1h";
  return `since ${new Date(referenceMs).toISOString().slice(11, 16)}`;
}

/** Formats an amount with unit: `53.7 BTC`, `1,204 contracts`. */
export function amountText({ type, external }: MarketRow, amount: number): string {
  const base = /^([A-Z0-9.]+)\//.exec(external)?.[1];
  const unit = type === "prediction" ? "contracts" : base;
  return unit === undefined ? size(amount) : `${size(amount)} ${unit}`;
}

/** Formats the spread: `0.4 · 0.06 bp`, or `1¢` in a prediction market. */
export function spreadText(row: Figures, bid: number, ask: number): string {
  const text = priceText(row, ask - bid);
  if (row.type === "prediction" || bid + ask <= 0) return text;
  const points = (ask - bid) / ((ask + bid) / 2) * 10_000;
  return `${text} · ${points.toFixed(points < 10 ? 2 : 0)} bp`;
}

/** Groups levels, best first, into steps of `group` ticks, rounded away from the mid price. */
export function groupLevels(
  levels: readonly [number, number][],
  { decimals, group, isAsk }: { decimals: number; group: number; isAsk: boolean },
): [number, number][] {
  if (group === 1) return [...levels];
  const grouped: [number, number][] = [];
  for (const [price, amount] of levels) {
    const steps = Math.round(price * 10 ** decimals) / group;
    const at = Number(
      ((isAsk ? Math.ceil(steps) : Math.floor(steps)) * group / 10 ** decimals).toFixed(decimals),
    );
    const last = grouped.at(-1);
    if (last?.[0] === at) last[1] += amount;
    else grouped.push([at, amount]);
  }
  return grouped;
}

/** Longest size beside prices of up to nine characters, and beside longer ones. */
const SIZE_CHARS_MAX = { usual: 11, short: 7 } as const;

/** Returns the longest size, characters, that fits beside a price as formatted. */
export function sizeCharsMax(priceChars: number): number {
  return priceChars > 9 ? SIZE_CHARS_MAX.short : SIZE_CHARS_MAX.usual;
}

/** Splits a formatted size into significant digits and trailing zeros; one too long is rounded. */
export function sizeParts(
  amount: number,
  decimals: number,
  charsMax: number = SIZE_CHARS_MAX.usual,
): [string, string] {
  const text = price(amount, decimals);
  if (text.length > charsMax) {
    const room = charsMax - 1 - price(amount, 0).length;
    const fewer = Math.min(decimals - 1, room);
    const isLost = fewer < 1 || amount < 10 ** -fewer;
    return isLost ? [shortSize(amount, charsMax), ""] : sizeParts(amount, fewer, charsMax);
  }
  const zeros = decimals === 0 ? "" : /\.?0*$/.exec(text)?.[0] ?? "";
  return [text.slice(0, text.length - zeros.length), zeros];
}

/** Formats a size in a few characters; one of too many decimals as `<0.0001`, which is not zero. */
function shortSize(amount: number, charsMax: number): string {
  const text = size(amount);
  if (text.length <= charsMax || amount >= 1) return text;
  return `<${(10 ** (3 - charsMax)).toFixed(charsMax - 3)}`;
}

/** Decimals needed for sizes, at most 8; no venue has more. */
export function sizeDecimals(amounts: Iterable<number>): number {
  let most = 0;
  for (const amount of amounts) most = Math.max(most, decimalsOf(amount));
  return Math.min(8, most);
}
