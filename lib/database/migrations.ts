import type { SsmdError } from "@ssmd/runtime";

/**
 * Steps from an empty database to this version's tables, per driver. Never change a released step;
 * add a further one to both drivers.
 */
export interface Migrations {
  /** Name of these tables among others in the same PostgreSQL schema. */
  name: string;
  sqlite: readonly string[];
  postgres: readonly string[];
  /** Creates the error for a database migrated further than this version knows. */
  newer(where: string, found: number, known: number): SsmdError;
}
