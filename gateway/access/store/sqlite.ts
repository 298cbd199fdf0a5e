import { IN_MEMORY, sqliteDatabase } from "@ssmd/database";
import type { ClientStore } from "../client_store.ts";
import { DatabaseClientStore } from "./client_store_database.ts";
import { storeFailedError } from "./errors.ts";
import { CLIENT_MIGRATIONS } from "./migrations.ts";

/** Options of {@linkcode sqliteClientStore}. */
interface SqliteClientStoreOptions {
  /** Wait for another writing process; default 5 s. Blocks the thread. */
  busyMs?: number;
}

const BUSY_MS = 5000;

/**
 * Opens a store in one SQLite file, which is created with access for this user only. Throws
 * StorageError `CLIENT_STORE_FAILED` or `CLIENT_STORE_NEWER`.
 */
export function sqliteClientStore(
  path: string,
  { busyMs = BUSY_MS }: SqliteClientStoreOptions = {},
): ClientStore {
  try {
    const database = sqliteDatabase(path, { migrations: CLIENT_MIGRATIONS, busyMs });
    return new DatabaseClientStore(database);
  } catch (error) {
    throw storeFailedError(error, path);
  }
}

/** Creates a store in memory. */
export function memoryClientStore(): ClientStore {
  return sqliteClientStore(IN_MEMORY);
}
