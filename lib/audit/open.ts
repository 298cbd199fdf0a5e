import { type PostgresConfig, sqliteDatabase } from "@ssmd/database";
import { auditError } from "./errors.ts";
import { AuditLog } from "./log.ts";
import { AUDIT_MIGRATIONS } from "./migrations.ts";

/** Location of a log. */
export type AuditLocation = { type: "sqlite"; path: string } | {
  type: "postgres";
  /** Returns the connection settings; reads keys. */
  connect: () => Promise<PostgresConfig>;
  /** Local file where events wait while the database is unavailable. */
  waitingPath: string;
};

/** Longest wait for another process writing to the file, ms. */
const BUSY_MS = 10_000;
/** More than one, so a long read does not block events. */
const CONNECTIONS_MAX = 2;

/** Opens a log; creates file, folder or tables. Rejects like {@linkcode AuditLog}. */
export async function openAuditLog(location: AuditLocation): Promise<AuditLog> {
  if (location.type === "postgres") return await openShared(await location.connect());
  const { path } = location;
  try {
    return new AuditLog(sqliteDatabase(path, { migrations: AUDIT_MIGRATIONS, busyMs: BUSY_MS }));
  } catch (error) {
    throw auditError(error, path, "failed");
  }
}

async function openShared(config: PostgresConfig): Promise<AuditLog> {
  const { postgresDatabase, postgresFaultOf } = await import("@ssmd/database/postgres");
  try {
    const options = { migrations: AUDIT_MIGRATIONS, connectionsMax: CONNECTIONS_MAX };
    return new AuditLog(await postgresDatabase({ ...config, ...options }));
  } catch (error) {
    throw auditError(error, new URL(config.url).host, postgresFaultOf(error));
  }
}
