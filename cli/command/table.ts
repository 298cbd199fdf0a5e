import type { Row } from "../render.ts";
import type { Table } from "./define.ts";

/** Returns a renderer of a list: one row per item, the count below. Lists in a cell are joined by spaces. */
export function rowsOf(
  counted: string | readonly [one: string, many: string],
  columns?: readonly string[],
): (items: readonly object[]) => Table {
  return (items) => ({
    rows: items.map(rowOf),
    counted,
    ...(columns === undefined ? {} : { columns }),
  });
}

/** Table of one object as a single row. */
export function oneRow(value: object): Table {
  return { rows: [rowOf(value)] };
}

function rowOf(item: object): Row {
  return Object.fromEntries(
    Object.entries(item).map(([name, cell]) => [name, Array.isArray(cell) ? cell.join(" ") : cell]),
  );
}
