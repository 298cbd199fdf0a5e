import { type PostgresConfig, sqliteDatabase } from "@ssmd/database";
import { pathExists } from "@ssmd/runtime";
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
  /** Local file of the log before it moved to the database; may not exist. */
  previousPath: string;
};

/** Longest wait for another process writing to the file, ms. */
const BUSY_MS = 10_000;
/** More than one, so a long read does not block events. */
const CONNECTIONS_MAX = 2;

/** Longest copy of a file's log, ms; events of others wait in their files meanwhile. */
const COPY_MS_MAX = 600_000;

/** Opens a log; creates file, folder or tables. Rejects like {@linkcode AuditLog}. */
export async function openAuditLog(location: AuditLocation): Promise<AuditLog> {
  if (location.type === "postgres") return await openMoved(location);
  const { path } = location;
  try {
    return new AuditLog(sqliteDatabase(path, { migrations: AUDIT_MIGRATIONS, busyMs: BUSY_MS }));
  } catch (error) {
    throw auditError(error, path, "failed");
  }
}

/** Opens the shared log; an empty one continues from the file that was used before. */
async function openMoved(
  { connect, previousPath }: AuditLocation & { type: "postgres" },
): Promise<AuditLog> {
  const config = await connect();
  const log = await openShared(config);
  try {
    const isThere = await pathExists(previousPath);
    if (isThere && (await log.head()).position === 0) {
      await using previous = await openAuditLog({ type: "sqlite", path: previousPath });
      await using patient = await openShared(config, { answerMsMax: COPY_MS_MAX });
      await patient.continueFrom(previous);
    }
    return log;
  } catch (error) {
    await log[Symbol.asyncDispose]();
    throw error;
  }
}

async function openShared(
  config: PostgresConfig,
  more: { answerMsMax?: number } = {},
): Promise<AuditLog> {
  const { postgresDatabase, postgresFaultOf } = await import("@ssmd/database/postgres");
  try {
    const options = { migrations: AUDIT_MIGRATIONS, connectionsMax: CONNECTIONS_MAX, ...more };
    return new AuditLog(await postgresDatabase({ ...config, ...options }));
  } catch (error) {
    throw auditError(error, new URL(config.url).host, postgresFaultOf(error));
  }
}
