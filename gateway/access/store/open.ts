import type { ClientStoreConfig } from "@ssmd/metadata";
import type { ClientStore } from "../client_store.ts";
import type { PostgresClientTables } from "./postgres.ts";
import { sqliteClientStore } from "./sqlite.ts";

/** Options of {@linkcode openClientStore}. */
interface OpenOptions {
  /** Wait for another process that writes to the file, ms; default 5 s. Blocks the thread. */
  busyMs?: number;
}

/** Inspects the client tables in PostgreSQL without creating any. Rejects as its driver does. */
export async function findClientTables(
  config: ClientStoreConfig & { type: "postgres" },
): Promise<PostgresClientTables> {
  const { postgresClientTables } = await import("./postgres.ts");
  return await postgresClientTables(config);
}

/** Opens the configured store of clients. Rejects as its driver does. */
export async function openClientStore(
  config: ClientStoreConfig,
  options: OpenOptions = {},
): Promise<ClientStore> {
  if (config.type === "sqlite") return sqliteClientStore(config.path, options);
  const { postgresClientStore } = await import("./postgres.ts");
  return await postgresClientStore(config);
}
