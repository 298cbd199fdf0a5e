/** Where a schema's version stands in its life: only forward. */
export type SchemaStatus = "draft" | "active" | "deprecated";

/** All of them, in order. */
export const SCHEMA_STATUSES: readonly SchemaStatus[] = ["draft", "active", "deprecated"];

/** A registered text of a schema. */
export interface SchemaVersion {
  /** `v1`, `v2`, … */
  version: string;
  /** First day (UTC, `YYYY-MM-DD`) on which records are written with it. */
  from: string;
  /** The text, a file beside this one. */
  file: string;
  /** SHA-256 of that file's bytes, hex. */
  sha256: string;
  /** Drafts are never in force; deprecated ones still read what they wrote. */
  status: SchemaStatus;
  /** What a reader should know. */
  notes?: string;
}

/** A record's schema, as its file in `exchanges/schemas/` tells it. */
export interface RegisteredSchema {
  /** The file's name, `trade`; record schemas are named for their type. */
  name: string;
  /** The struct that a message holds, `Trade`. */
  struct: string;
  /** Dates ascending. */
  versions: SchemaVersion[];
}

/**
 * The version in force on `date` (`YYYY-MM-DD`, UTC): the last one that had begun and is no draft.
 * It holds until the next one begins; undefined before the first.
 */
export function schemaVersionOn(schema: RegisteredSchema, date: string): SchemaVersion | undefined {
  return schema.versions.findLast(({ from, status }) => from <= date && status !== "draft");
}
