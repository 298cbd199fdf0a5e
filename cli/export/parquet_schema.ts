import type { SchemaElement } from "hyparquet";
import type { Column, ColumnKind } from "./columns.ts";

const STRING: Partial<SchemaElement> = {
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  logical_type: { type: "STRING" },
};

const PRIMITIVES: Record<Exclude<ColumnKind, "doubles">, Partial<SchemaElement>> = {
  time: {
    type: "INT64",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "NANOS" },
  },
  count: { type: "INT64" },
  double: { type: "DOUBLE" },
  word: STRING,
  text: STRING,
  flag: { type: "BOOLEAN" },
};

/** The schema of a Parquet file with these columns; a list is the three levels of the format. */
export function parquetSchema(columns: readonly Column[]): SchemaElement[] {
  return [{ name: "schema", num_children: columns.length }, ...columns.flatMap(elementsOf)];
}

function elementsOf({ name, kind, nullable }: Column): SchemaElement[] {
  const repetition_type = nullable ? "OPTIONAL" : "REQUIRED";
  if (kind !== "doubles") return [{ name, repetition_type, ...PRIMITIVES[kind] }];
  return [
    {
      ...{ name, repetition_type, num_children: 1 },
      converted_type: "LIST",
      logical_type: { type: "LIST" },
    },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "REQUIRED", type: "DOUBLE" },
  ];
}
