import { decimalsOf, percentText, price, size } from "../format.ts";
import { changeOf, type MarketRow } from "./market_row.ts";

/** Youngest reference that is of the hour before, ms: the first minute of it may be without a trade. */
const HOUR_MS = 58 * 60_000;

/** Digits and unit of a market's prices; a contract's, from 0 to 1, are read in cents. */
type Figures = Pick<MarketRow, "type" | "decimals">;

/** A price without its unit: `63,005.1`, `38.5` of 0.385 in a market of cents; – = not known. */
export function priceNumber(row: Figures, value: number | null | undefined, more = 0): string {
  const scale = row.type === "prediction" ? 2 : 0;
  const scaled = value === null || value === undefined ? value : value * 10 ** scale;
  return price(scaled, Math.max(0, Math.min(10, row.decimals + more) - scale));
}

/** A price with its unit: `63,005.1`, `38.5¢`. */
export function priceText(row: Figures, value: number | null | undefined, more = 0): string {
  const text = priceNumber(row, value, more);
  return row.type === "prediction" && text !== "–" ? `${text}¢` : text;
}

/** The change of the last hour: `+1.20%`, in a market of cents in points: `+5.0 pt`. */
export function changeText(row: MarketRow): string {
  const change = changeOf(row);
  if (change === null || row.type !== "prediction") return percentText(change);
  const text = Math.abs(change).toFixed(Math.max(0, row.decimals - 2));
  const sign = Number(text) === 0 ? "" : change > 0 ? "+" : "−";
  return `${sign}${text} pt`;
}

/** What the change is counted from: `1h`, or `since 17:25` where the recording is younger. */
export function changeSpan({ referenceMs }: MarketRow, nowMs: number = Date.now()): string {
  if (referenceMs === null || nowMs - referenceMs > HOUR_MS) return "1h";
  return `since ${new Date(referenceMs).toISOString().slice(11, 16)}`;
}

/** An amount with its unit: `53.7 BTC`, `1,204 contracts`. */
export function amountText({ type, external }: MarketRow, amount: number): string {
  const base = /^([A-Z0-9.]+)\//.exec(external)?.[1];
  const unit = type === "prediction" ? "contracts" : base;
  return unit === undefined ? size(amount) : `${size(amount)} ${unit}`;
}

/** The distance of the best prices: `0.4 · 0.06 bp`, `1¢` in a market of cents. */
export function spreadText(row: Figures, bid: number, ask: number): string {
  const text = priceText(row, ask - bid);
  if (row.type === "prediction" || bid + ask <= 0) return text;
  const points = (ask - bid) / ((ask + bid) / 2) * 10_000;
  return `${text} · ${points.toFixed(points < 10 ? 2 : 0)} bp`;
}

/** Levels from the best on, put together to steps of `group` ticks; away from the middle. */
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

/** A size at so many digits, in two parts: the second one is zeros that say nothing. */
export function sizeParts(amount: number, decimals: number): [string, string] {
  const text = price(amount, decimals);
  const zeros = decimals === 0 ? "" : /\.?0*$/.exec(text)?.[0] ?? "";
  return [text.slice(0, text.length - zeros.length), zeros];
}

/** Most digits of sizes; more than 8 no venue has. */
export function sizeDecimals(amounts: Iterable<number>): number {
  let most = 0;
  for (const amount of amounts) most = Math.max(most, decimalsOf(amount));
  return Math.min(8, most);
}
