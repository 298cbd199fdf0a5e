import type { ValueComparison } from "./diff_versions.ts";
import type { ValueSummary } from "./value_stats.ts";

/** Maximum symbols printed; JSON has all. */
const SYMBOLS_SHOWN = 10;
/** Longest value printed in full, characters. */
const VALUE_CHARS = 60;

/** A differing record for display. */
interface ShownRecord {
  type: string;
  kind: string;
  time: string;
  fields: readonly { field: string; old?: unknown; new?: unknown }[];
}

/** Differences for display. */
interface ShownDifferences {
  values: readonly ValueComparison[];
  symbols: readonly {
    symbol: string;
    differences: number;
    first: readonly ShownRecord[];
  }[];
  symbolsLeftOut: number;
}

/** Lines below the table of counts: differing value distributions and first differences. */
export function differenceLines({ values, symbols, symbolsLeftOut }: ShownDifferences): string[] {
  const lines = values.filter(isOther).flatMap(({ field, old, new: now }) => [
    `${field}: old ${summaryText(old)}`,
    `${" ".repeat(field.length)}  new ${summaryText(now)}`,
  ]);
  for (const { symbol, differences, first } of symbols.slice(0, SYMBOLS_SHOWN)) {
    lines.push(`${symbol}: ${differences} ${differences === 1 ? "difference" : "differences"}`);
    lines.push(...first.map((each) => `  ${differenceText(each)}`));
  }
  const more = symbols.length - SYMBOLS_SHOWN;
  if (more > 0) lines.push(`and ${more} symbols more: --output json lists them`);
  if (symbolsLeftOut > 0) lines.push("some symbols are not listed: there are too many");
  return lines;
}

function isOther({ old, new: now }: ValueComparison): boolean {
  return JSON.stringify(old) !== JSON.stringify(now);
}

function summaryText(summary: ValueSummary | null): string {
  if (summary === null) return "none";
  const { count, ...values } = summary;
  const parts = Object.entries(values).map(([name, value]) =>
    `${name} ${value === null ? "-" : Number(value.toPrecision(6))}`
  );
  return `${count} values, ${parts.join(", ")}`;
}

/** Formats a differing record as one line. */
export function differenceText({ type, kind, time, fields }: ShownRecord): string {
  const what = fields.map(({ field, old, new: now }) => `${field} ${shown(old)} → ${shown(now)}`);
  return `${time} ${type}: ${kind}${what.length === 0 ? "" : `: ${what.join(", ")}`}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > VALUE_CHARS ? `${text.slice(0, VALUE_CHARS - 1)}…` : text;
}
