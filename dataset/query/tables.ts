import type { EventType } from "@ssmd/market";

/** Tables of queries and the records that are in them, in the order of the design. */
export const TABLES: Readonly<Record<string, EventType>> = {
  trades: "trade",
  tickers: "ticker",
  orderbook: "orderbook",
  status: "status",
  gaps: "gap",
  fires: "fire",
};

/** Whether a word is a table's name. */
export function isTable(word: string): boolean {
  return Object.hasOwn(TABLES, word);
}

/**
 * Tables that SQL may read: whose names stand in it as words. A column or a text of that name costs an
 * export that is not needed, no more.
 */
export function tablesIn(sql: string): string[] {
  const words = new Set(sql.toLowerCase().match(/\w+/g));
  return Object.keys(TABLES).filter((name) => words.has(name));
}
