import type { Column, ColumnKind } from "./record_columns.ts";
import type { ThriftStruct } from "./thrift_writer.ts";

/** Parquet's physical type numbers. */
export const STORED_AS: Readonly<Record<ColumnKind, number>> = {
  flag: 0,
  time: 2,
  count: 2,
  double: 5,
  doubles: 5,
  word: 6,
  text: 6,
};

const REPETITION = { required: { i32: 0 }, optional: { i32: 1 }, repeated: { i32: 2 } } as const;
const UTF8 = { 6: { i32: 0 }, 10: { struct: { 1: { struct: {} } } } } as const;
/** UTC microseconds: the precision of the records, and a sixth smaller than nanoseconds. */
const TIMESTAMP = { struct: { 1: true, 2: { struct: { 2: { struct: {} } } } } } as const;
/** Converted type for readers from before 2018. */
const TIMESTAMP_MICROS = { i32: 10 };

const MEANING: Readonly<Partial<Record<ColumnKind, ThriftStruct>>> = {
  word: UTF8,
  text: UTF8,
  time: { 6: TIMESTAMP_MICROS, 10: { struct: { 8: TIMESTAMP } } },
};

/** Returns the path of a column's values in the schema. */
export function pathOf({ name, kind }: Pick<Column, "name" | "kind">): string[] {
  return kind === "doubles" ? [name, "list", "element"] : [name];
}

/** Returns the schema elements, root first; a list takes Parquet's three levels. */
export function schemaElements(columns: readonly Column[]): ThriftStruct[] {
  return [{ 4: "schema", 5: { i32: columns.length } }, ...columns.flatMap(elementsOf)];
}

function elementsOf({ name, kind, nullable }: Column): ThriftStruct[] {
  const type = { i32: STORED_AS[kind] };
  if (kind !== "doubles") {
    const repetition = nullable ? REPETITION.optional : REPETITION.required;
    return [{ 1: type, 3: repetition, 4: name, ...MEANING[kind] }];
  }
  const list = { 6: { i32: 3 }, 10: { struct: { 3: { struct: {} } } } };
  return [
    { 3: REPETITION.required, 4: name, 5: { i32: 1 }, ...list },
    { 3: REPETITION.repeated, 4: "list", 5: { i32: 1 } },
    { 1: type, 3: REPETITION.required, 4: "element" },
  ];
}
