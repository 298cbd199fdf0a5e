import type { PostgresConfig } from "@ssmd/database";
import type { ClientStore } from "../client_store.ts";
import { DatabaseClientStore } from "./client_store_database.ts";
import { storeAwayError, storeFailedError } from "./errors.ts";
import { CLIENT_MIGRATIONS } from "./migrations.ts";

/** Transactions at once: what streams need never waits behind a long list. */
const CONNECTIONS_MAX = 4;

/** Options of {@linkcode postgresClientStore}. */
interface PostgresClientStoreOptions extends PostgresConfig {
  /** Longest wait for an answer, ms; default 10 s. */
  answerMsMax?: number;
}

/**
 * A store in a PostgreSQL, which gateways of several machines share. Rejects with StorageError
 * `CLIENT_STORE_AWAY`, `CLIENT_STORE_FAILED` or `CLIENT_STORE_NEWER`.
 */
export async function postgresClientStore(
  options: PostgresClientStoreOptions,
): Promise<ClientStore> {
  const { postgresDatabase, postgresFaultOf } = await import("@ssmd/database/postgres");
  try {
    const database = await postgresDatabase({
      ...{ ...options, migrations: CLIENT_MIGRATIONS, connectionsMax: CONNECTIONS_MAX },
    });
    return new DatabaseClientStore(database);
  } catch (error) {
    const where = new URL(options.url).host;
    if (postgresFaultOf(error) === "away") throw storeAwayError(error, where);
    throw storeFailedError(error, where);
  }
}
