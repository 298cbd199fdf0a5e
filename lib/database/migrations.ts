import type { SsmdError } from "@ssmd/runtime";

/**
 * The steps from nothing to the tables of this version, by driver. A step is never changed once it
 * was released: what is new is a further step of both.
 */
export interface Migrations {
  /** Name of these tables among those that share a PostgreSQL schema. */
  name: string;
  sqlite: readonly string[];
  postgres: readonly string[];
  /** The error where a newer version has taken more steps than this one knows. */
  newer(where: string, found: number, known: number): SsmdError;
}
