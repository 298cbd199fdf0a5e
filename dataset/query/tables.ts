import type { EventType } from "@ssmd/market";
import { SERIES_NAMES, type SeriesName } from "../series/mod.ts";

/** Query tables and their record types, in the order of the design. */
export const TABLES: Readonly<Record<string, EventType>> = {
  trades: "trade",
  tickers: "ticker",
  orderbook: "orderbook",
  status: "status",
  gaps: "gap",
  fires: "fire",
  actions: "action",
};

/** Returns whether a word names a series, which is a SQL table. */
export function isSeries(word: string): word is SeriesName {
  return SERIES_NAMES.some((name) => name === word);
}

/** Returns whether a word names a table of records. */
export function isTable(word: string): boolean {
  return Object.hasOwn(TABLES, word);
}

/**
 * Returns the archive tables that SQL may read: those whose name occurs as a word. A column or
 * string of that name only costs an unneeded export.
 */
export function tablesIn(sql: string): string[] {
  return namesIn(sql, [...Object.keys(TABLES), ...SERIES_NAMES]);
}

/** Returns the names that occur as words in SQL. */
export function namesIn(sql: string, names: readonly string[]): string[] {
  const words = new Set(sql.toLowerCase().match(/\w+/g));
  return names.filter((name) => words.has(name));
}
