import type { EventType } from "@ssmd/market";
import { SERIES_NAMES, type SeriesName } from "../series/mod.ts";

/** Tables of queries and the records that are in them, in the order of the design. */
export const TABLES: Readonly<Record<string, EventType>> = {
  trades: "trade",
  tickers: "ticker",
  orderbook: "orderbook",
  status: "status",
  gaps: "gap",
  fires: "fire",
  actions: "action",
};

/** Whether a word is the name of a series, which SQL has as a table. */
export function isSeries(word: string): word is SeriesName {
  return SERIES_NAMES.some((name) => name === word);
}

/** Whether a word is a table's name. */
export function isTable(word: string): boolean {
  return Object.hasOwn(TABLES, word);
}

/**
 * Tables of the archive that SQL may read: whose names stand in it as words. A column or a text of
 * that name costs an export that is not needed, no more.
 */
export function tablesIn(sql: string): string[] {
  return namesIn(sql, [...Object.keys(TABLES), ...SERIES_NAMES]);
}

/** Of names those that stand in SQL as words. */
export function namesIn(sql: string, names: readonly string[]): string[] {
  const words = new Set(sql.toLowerCase().match(/\w+/g));
  return names.filter((name) => words.has(name));
}
