import type { Row, SqlValue } from "@ssmd/database";

/** `?` = may be null. */
type ColumnKind<Value> = null extends Value ? `${ColumnKind<NonNullable<Value>>}?`
  : Value extends number ? "number"
  : "text";

/** A table with a column for each field of a record. */
interface Table<R> {
  /** Statement that creates a row of {@linkcode valuesOf} a record. */
  readonly insert: string;
  /** As `insert`, or replaces the row with the same key except for what is `kept`. */
  readonly upsert: string;
  /** Returns a record's values, in the order of the columns. */
  valuesOf(record: R): SqlValue[];
  /** Returns the record of a row; a column that its statement left out is null. */
  recordOf(row: Row): R;
}

/**
 * Declares a table; its first field is the key, and the names of its columns are in snake case. A
 * replacement leaves the fields `kept` as they are.
 */
export function table<R>(
  table: string,
  kinds: { readonly [F in keyof R]: ColumnKind<R[F]> },
  kept: readonly (keyof R)[] = [],
): Table<R> {
  const columns = Object.entries<string>(kinds).map(([field, kind]) => ({
    ...{ field, kind, name: field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) },
  }));
  const names = columns.map(({ name }) => name).join(", ");
  const insert = `INSERT INTO ${table} (${names}) VALUES (${
    columns.map((_, i) => `$${i + 1}`).join(", ")
  })`;
  const [key, ...others] = columns;
  const changes = others.filter(({ field }) => !kept.includes(field as keyof R))
    .map(({ name }) => `${name} = excluded.${name}`);
  return {
    insert,
    upsert: `${insert} ON CONFLICT (${key?.name}) DO UPDATE SET ${changes.join(", ")}`,
    valuesOf: (record) => columns.map(({ field }) => record[field as keyof R] as SqlValue),
    recordOf: (row) =>
      Object.fromEntries(columns.map(({ field, name, kind }) => {
        const value = row[name] ?? null;
        const typed = kind.startsWith("number") ? Number(value) : String(value);
        return [field, value === null ? null : typed];
      })) as R,
  };
}
