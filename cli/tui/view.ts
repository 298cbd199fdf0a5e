import type { Row } from "../render.ts";
import type { Source } from "./source.ts";

/** Current content of a view. */
export interface Content {
  rows: readonly Row[];
  /** Lines above the table. */
  notes?: readonly string[];
}

/** Screen with a table and the actions on its rows. */
export interface View {
  name: string;
  /** Pause between two reads, ms. */
  everyMs: number;
  /** Text shown when there are no rows. */
  empty: string;
  /** Columns that identify a row; default the first. */
  id?: readonly string[];
  actions: readonly Action[];
  read: (source: Source) => Promise<Content>;
  /** Receives the rows that are on the screen. */
  onShown?: (rows: readonly Row[]) => void;
  /** Called when another view is selected. */
  onHidden?: () => void;
}

/** Action on the selected row, run after confirmation. */
export interface Action {
  /** Key that starts it. */
  key: string;
  label: string;
  /** Options, of which one is chosen before confirmation. */
  choices?: readonly string[];
  /** Returns why it is not possible for a row; undefined or absent = it is possible. */
  refusal?: (row: Row) => string | undefined;
  /** Needs no selected row. */
  isGlobal?: true;
  question: (row: Row, choice: string) => string;
  /** Performs the action; returns a sentence about the result. */
  run: (source: Source, row: Row, choice: string) => Promise<string>;
  /** Writes to the terminal itself, so the screen is left meanwhile. */
  leavesScreen?: true;
}

/** Id of a row, unique in its view. */
export function idOf({ id }: View, row: Row): string {
  const columns = id ?? Object.keys(row).slice(0, 1);
  return columns.map((column) => String(row[column])).join(" ");
}
