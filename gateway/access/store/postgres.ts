import type { Database, Migrations, PostgresConfig } from "@ssmd/database";
import type { ClientStore } from "../client_store.ts";
import { DatabaseClientStore } from "./client_store_database.ts";
import { ACCESS_LIMITS } from "../limits.ts";
import { storeAwayError, storeError, storeFailedError } from "./errors.ts";
import { CLIENT_MIGRATIONS } from "./migrations.ts";
import { POSTGRES_REMOVAL, POSTGRES_TABLES } from "./schema_postgres.ts";

/** Maximum number of concurrent transactions, so that streams never wait for a long query. */
const CONNECTIONS_MAX = 4;

/** Options of {@linkcode postgresClientStore}. */
interface PostgresClientStoreOptions extends PostgresConfig {
  /** Timeout of a statement, ms; default 10 s. */
  answerMsMax?: number;
}

/**
 * Opens a store in PostgreSQL, which gateways on several machines can share. Rejects with
 * StorageError `CLIENT_STORE_AWAY`, `CLIENT_STORE_FAILED` or `CLIENT_STORE_NEWER`.
 */
export async function postgresClientStore(
  options: PostgresClientStoreOptions,
): Promise<ClientStore> {
  return new DatabaseClientStore(await openDatabase(options, CLIENT_MIGRATIONS));
}

async function openDatabase(
  options: PostgresClientStoreOptions,
  migrations?: Migrations,
): Promise<Database> {
  const { postgresDatabase, postgresFaultOf } = await import("@ssmd/database/postgres");
  try {
    return await postgresDatabase({
      ...{ ...options, ...(migrations && { migrations }), connectionsMax: CONNECTIONS_MAX },
    });
  } catch (error) {
    const where = new URL(options.url).host;
    if (postgresFaultOf(error) === "away") throw storeAwayError(error, where);
    throw storeFailedError(error, where);
  }
}

/** The client tables of a schema. */
export interface PostgresClientTables extends AsyncDisposable {
  /** Number of tables; 0 = none. */
  tables: number;
  /** Size on disk including indexes. */
  bytes: number;
  /** Gateways that currently use them. */
  gateways: number;
  /** Drops the tables; everything else in the schema stays. */
  remove(): Promise<void>;
}

/** Inspects the client tables without creating any. Rejects as {@linkcode postgresClientStore}. */
export async function postgresClientTables(
  options: PostgresClientStoreOptions,
): Promise<PostgresClientTables> {
  const database = await openDatabase(options);
  try {
    const found = await database.transaction("read", async ({ all }) => {
      const names = POSTGRES_TABLES.map((name) => `'${name}'`).join(", ");
      const [row] = await all(
        `SELECT count(*) AS tables, sum(pg_total_relation_size(c.oid)) AS bytes FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname IN (${names})`,
      );
      const tables = Number(row?.["tables"]);
      const live = "SELECT count(*) AS gateways FROM runs WHERE seen_at_ms > $1";
      const [runs] = tables === 0 ? [] : await all(live, Date.now() - ACCESS_LIMITS.runLostMs);
      return { tables, bytes: Number(row?.["bytes"]), gateways: Number(runs?.["gateways"] ?? 0) };
    });
    const remove = () =>
      database.transaction("change", async ({ run }) => {
        for (const statement of POSTGRES_REMOVAL) await run(statement);
      });
    return { ...found, remove, [Symbol.asyncDispose]: () => database.close() };
  } catch (error) {
    await database.close();
    throw storeError(error, database);
  }
}
