import { z } from "zod";
import { day, fields, nameText, text } from "./shape.ts";

/** Statuses of a schema version; they only move forward. */
export const SCHEMA_STATUSES = ["draft", "active", "deprecated"] as const;

const VERSION = fields({
  version: text(/^v[1-9]\d{0,3}$/, 'a version, like "v1"').describe("v1, v2, …"),
  from: day.describe("First day (UTC) on which records are written with it"),
  file: text(/^[A-Za-z0-9][\w.-]*\.capnp$/, "a .capnp file of the same folder")
    .describe("File of the text, beside this one"),
  sha256: text(/^[0-9a-f]{64}$/, "a SHA-256, 64 hex digits in lower case")
    .describe("SHA-256 of that file's bytes, hex"),
  status: z.enum(SCHEMA_STATUSES)
    .describe("Drafts are never in force; deprecated versions still read their own records"),
  notes: z.string().exactOptional().describe("Notes for readers"),
});

/** Schema file, `schemas/<name>.yaml`. */
export const SCHEMA_FILE = fields({
  name: nameText.describe(
    "Name of the schema, the same as the file's; record schemas are named after their type, " +
      "like trade",
  ),
  struct: text(/^[A-Z][A-Za-z0-9]*$/, "the name of a struct, like Trade")
    .describe("Struct of a message, like Trade"),
  versions: z.array(VERSION).min(1).describe("Registered texts; dates ascending"),
});

/** Registered schema of a record type. */
export type RegisteredSchema = z.output<typeof SCHEMA_FILE>;
/** A registered version of a schema. */
type SchemaVersion = z.output<typeof VERSION>;
/** Status of a schema version. */
export type SchemaStatus = SchemaVersion["status"];

/**
 * Returns the version valid on `date` (`YYYY-MM-DD`, UTC): the last non-draft that started by then;
 * undefined before the first.
 */
export function schemaVersionOn(schema: RegisteredSchema, date: string): SchemaVersion | undefined {
  return schema.versions.findLast(({ from, status }) => from <= date && status !== "draft");
}
