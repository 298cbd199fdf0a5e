import { type PostgresConfig, sqliteDatabase } from "@ssmd/database";
import { auditError } from "./errors.ts";
import { AuditLog } from "./log.ts";
import { AUDIT_MIGRATIONS } from "./migrations.ts";

/** Where a log is. */
export type AuditLocation = { type: "sqlite"; path: string } | {
  type: "postgres";
  /** What reaches it; reads keys. */
  connect: () => Promise<PostgresConfig>;
  /** The file of this machine in which events wait while it is away. */
  waitingPath: string;
};

/** Longest wait for another process that writes to a file, ms. */
const BUSY_MS = 10_000;
/** Who reads a long list does not keep events waiting. */
const CONNECTIONS_MAX = 2;

/** Opens a log, with file and folder or tables where there are none. Rejects as {@linkcode AuditLog}. */
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
