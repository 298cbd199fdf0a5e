import { type Database, IN_MEMORY, sqliteDatabase } from "@ssmd/database";
import {
  type PostgresServer,
  startPostgresServer,
} from "../../../tests/servers/postgres_server.ts";
import { AuditLog } from "../log.ts";
import { AUDIT_MIGRATIONS } from "../migrations.ts";

/** An audit log for a test, and its database for what no log does. */
export interface TestLog extends AsyncDisposable {
  database: Database;
  log: AuditLog;
  /** The same log as opened by another process. */
  other(): Promise<AuditLog>;
}

const shared: { server?: Promise<PostgresServer>; schemas: number } = { schemas: 0 };

/** One server for all tests of a file that do not hurt it. */
export function sharedServer(): Promise<PostgresServer> {
  return shared.server ??= startPostgresServer();
}

Deno.test.afterAll(async () => await (await shared.server)?.[Symbol.asyncDispose]());

/** Kinds of databases, each opened empty. */
export const LOGS: Readonly<Record<"memory" | "sqlite" | "postgres", () => Promise<TestLog>>> = {
  memory: () => {
    const database = openSqlite(IN_MEMORY);
    const log = new AuditLog(database);
    const other = () => Promise.resolve(new AuditLog(database));
    const remove = () => log[Symbol.asyncDispose]();
    return Promise.resolve({ database, log, other, [Symbol.asyncDispose]: remove });
  },
  sqlite: async () => {
    const dir = await Deno.makeTempDir({ prefix: "ssmd-audit-" });
    const open = () => Promise.resolve(openSqlite(`${dir}/audit/test.sqlite`));
    return await opened(open, () => Deno.remove(dir, { recursive: true }));
  },
  postgres: async () => {
    const schema = `audit ${++shared.schemas}`;
    return await opened(() => openPostgres(schema), () => Promise.resolve());
  },
};

function openSqlite(path: string): Database {
  return sqliteDatabase(path, { migrations: AUDIT_MIGRATIONS, busyMs: 10_000 });
}

/** Opens a schema of the shared server. */
export async function openPostgres(
  schema: string,
  migrations: typeof AUDIT_MIGRATIONS = AUDIT_MIGRATIONS,
): Promise<Database> {
  const { postgresDatabase } = await import("@ssmd/database/postgres");
  const { url, user } = await sharedServer();
  return await postgresDatabase({
    ...{ url, schema, migrations, credentials: { user }, connectionsMax: 2, answerMsMax: 600_000 },
  });
}

async function opened(
  open: () => Promise<Database>,
  remove: () => Promise<void>,
): Promise<TestLog> {
  const database = await open();
  const logs = [new AuditLog(database)] as [AuditLog];
  return {
    ...{ database, log: logs[0] },
    other: async () => {
      const log = new AuditLog(await open());
      logs.push(log);
      return log;
    },
    [Symbol.asyncDispose]: async () => {
      for (const log of logs) await log[Symbol.asyncDispose]();
      await remove();
    },
  };
}

/** Runs statements in sequence. */
export async function execute(database: Database, ...statements: string[]): Promise<void> {
  await database.transaction("change", async ({ run }) => {
    for (const statement of statements) await run(statement);
  });
}
