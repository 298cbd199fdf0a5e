import type { Migrations } from "@ssmd/database";
import { storeNewer } from "./errors.ts";
import { POSTGRES_STEPS } from "./schema_postgres.ts";
import { SQLITE_STEPS } from "./schema_sqlite.ts";

/** The tables of clients, keys, entitlements, blocks, sessions and usage. */
export const CLIENT_MIGRATIONS: Migrations = {
  name: "clients",
  sqlite: SQLITE_STEPS,
  postgres: POSTGRES_STEPS,
  newer: storeNewer,
};
