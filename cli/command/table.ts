import type { Row } from "../render.ts";
import type { Table } from "./define.ts";

/** The table of a list: an item a row, with the count below. Lists in a cell stand with spaces between. */
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

/** The table of one object as one row. */
export function oneRow(value: object): Table {
  return { rows: [rowOf(value)] };
}

function rowOf(item: object): Row {
  return Object.fromEntries(
    Object.entries(item).map(([name, cell]) => [name, Array.isArray(cell) ? cell.join(" ") : cell]),
  );
}
