import type { Row } from "../render.ts";
import type { Source } from "./source.ts";

/** What a view shows at a moment. */
export interface Content {
  rows: readonly Row[];
  /** Lines above the table. */
  notes?: readonly string[];
}

/** One screen: a table, and what may be done with its rows. */
export interface View {
  name: string;
  /** Wait between two reads, ms. */
  everyMs: number;
  /** What is said where there are no rows. */
  empty: string;
  /** Columns that tell rows apart; default the first. */
  id?: readonly string[];
  actions: readonly Action[];
  read: (source: Source) => Promise<Content>;
  /** Takes note of the rows that are on the screen. */
  onShown?: (rows: readonly Row[]) => void;
  /** Called when another view is chosen. */
  onHidden?: () => void;
}

/** Something that is done with the selected row, after it was confirmed. */
export interface Action {
  /** The key that asks for it. */
  key: string;
  label: string;
  /** One of them is chosen before it is confirmed. */
  choices?: readonly string[];
  /** Why it cannot be done with this row; absent = it always can. */
  refusal?: (row: Row) => string | undefined;
  /** Whether it wants no row. */
  isGlobal?: true;
  question: (row: Row, choice: string) => string;
  /** Does it, and gives a sentence of what was done. */
  run: (source: Source, row: Row, choice: string) => Promise<string>;
  /** Whether it writes to the terminal itself: the screen is left meanwhile. */
  leavesScreen?: true;
}

/** What tells a row apart from the others of its view. */
export function idOf({ id }: View, row: Row): string {
  const columns = id ?? Object.keys(row).slice(0, 1);
  return columns.map((column) => String(row[column])).join(" ");
}
