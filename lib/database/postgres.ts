import type { Row, RowList, Sql } from "postgres";
import { withoutVariables } from "@ssmd/runtime";
import { DatabaseClosed } from "./closed.ts";
import type { Database, DatabaseFault, SqlValue, Statements, TransactionKind } from "./database.ts";
import type { Migrations } from "./migrations.ts";
import { migratePostgres, quoted } from "./postgres_migrations.ts";
import { type PostgresSession, PostgresSessions } from "./postgres_sessions.ts";
import { type PostgresTls, refusalOf, tlsOptions } from "./postgres_tls.ts";
import { DatabaseGone, DatabaseSilent, postgresFaultOf, wasTakenBack } from "./postgres_faults.ts";

export { postgresFaultOf } from "./postgres_faults.ts";

/** PostgreSQL credentials. */
interface PostgresCredentials {
  /** Absent = name of the user of this process. */
  user?: string;
  password?: string;
}

/** Location of a database. */
export interface PostgresConfig {
  /** `postgres://host:port/database`, `?sslmode=verify-full` with TLS. */
  url: string;
  /** Schema of all tables; created if missing. */
  schema: string;
  /** The server's certificate is verified, and ours shown; absent = as `sslmode` says. */
  tls?: PostgresTls;
  credentials?: PostgresCredentials;
  /** Re-reads credentials, rotated in place, for each new connection; default: static. */
  readCredentials?: () => Promise<PostgresCredentials>;
}

/** Options of {@linkcode postgresDatabase}. */
interface PostgresOptions extends PostgresConfig {
  /** Absent = use the schema as it is. */
  migrations?: Migrations;
  /** Maximum concurrent transactions. */
  connectionsMax: number;
  /** Transaction timeout, ms; then the connection is dropped. Default 10 s. */
  answerMsMax?: number;
}

/** Not a literal import: Deno would fetch the package for every process. */
const PACKAGE: string = "postgres";
const CONNECT_S_MAX = 5;
const ANSWER_MS_MAX = 10_000;
/** Attempts of a transaction that the server rolled back because of a conflict. */
const TRIES_MAX = 5;

const MODES: Readonly<Record<TransactionKind, string>> = {
  read: "isolation level repeatable read read only",
  change: "",
  // Also waits for the disk: it must survive a kill of the server.
  count: "",
};

/**
 * Opens a schema of a PostgreSQL 13 or newer, shared by machines. Transaction bodies may run again
 * after conflicts. Rejects like {@linkcode Database} while unavailable; reconnects by itself. Rejects
 * with StorageError `DATABASE_REFUSED` when a certificate or the credentials are refused, and
 * ConfigError `TLS_FILES_UNUSABLE`.
 */
export async function postgresDatabase(options: PostgresOptions): Promise<Database> {
  // deno-lint-ignore ssmd/layers -- one package, named above
  const loaded: { default: typeof import("postgres") } = await import(PACKAGE);
  const { default: postgres } = loaded;
  const database = new PostgresDatabase(options, async (onclose) => {
    // Read for each connection: the files may have been renewed.
    const ssl = await tlsOptions(options);
    const settings = { ...connectOptions(options, onclose), ...(ssl === undefined ? {} : { ssl }) };
    // Hide environment variables: the package would read connection settings from them.
    return await withoutVariables(() => postgres(options.url, settings));
  });
  try {
    const { schema, migrations } = options;
    if (migrations === undefined) return database;
    await database.transaction(
      "change",
      (run) => migratePostgres(run, { schema, migrations, where: database.where }),
    );
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function connectOptions(
  { schema, credentials = {}, readCredentials }: PostgresOptions,
  onclose: () => void,
) {
  const { user, password } = credentials;
  const read = readCredentials ?? (() => Promise.resolve({ password }));
  return {
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: async () => (await read()).password ?? "" }),
    ...{ max: 1, connect_timeout: CONNECT_S_MAX, max_lifetime: 0 },
    // Do not fetch types: nothing would handle a rejection of that query.
    ...{ fetch_types: false, onnotice: () => {}, onclose },
    types: { whole: { to: 20, from: [20, 1700], parse: Number, serialize: String } },
    connection: {
      ...{ application_name: "ssmd", search_path: quoted(schema) },
      ...{ statement_timeout: ANSWER_MS_MAX, lock_timeout: ANSWER_MS_MAX },
      idle_in_transaction_session_timeout: ANSWER_MS_MAX,
    },
  };
}

class PostgresDatabase implements Database {
  readonly where: string;
  #sessions: PostgresSessions;
  #answerMsMax: number;
  #closed = false;

  constructor(
    { url, schema, connectionsMax, answerMsMax }: PostgresOptions,
    connect: (onclose: () => void) => Promise<Sql>,
  ) {
    const { host, pathname } = new URL(url);
    this.where = `postgres://${host}${pathname} (schema ${schema})`;
    this.#sessions = new PostgresSessions(connect, connectionsMax);
    this.#answerMsMax = answerMsMax ?? ANSWER_MS_MAX;
  }

  async transaction<T>(kind: TransactionKind, body: (run: Statements) => Promise<T>): Promise<T> {
    for (let tries = 1;; tries++) {
      if (this.#closed) throw new DatabaseClosed(this.where);
      try {
        return await this.#bounded((session) => this.#once(session, MODES[kind], body));
      } catch (error) {
        if (tries >= TRIES_MAX || !wasTakenBack(error)) {
          throw refusalOf(error, this.where) ?? error;
        }
      }
    }
  }

  faultOf(error: unknown): DatabaseFault {
    return error instanceof DatabaseClosed ? "closed" : postgresFaultOf(error);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#sessions.close();
  }

  async #once<T>(
    session: PostgresSession,
    mode: string,
    body: (run: Statements) => Promise<T>,
  ): Promise<T> {
    const ask: Ask = (text, values = []) =>
      session.isGone
        ? Promise.reject(new DatabaseGone(this.where))
        : session.sql.unsafe(text, [...values], { prepare: true });
    try {
      await ask(`BEGIN ${mode}`);
      const result = await body(statementsOf(ask));
      await ask("COMMIT");
      return result;
    } catch (error) {
      // If the rollback fails, the session may still be in the transaction: drop it.
      await ask("ROLLBACK").catch(() => this.#sessions.drop(session));
      throw error;
    }
  }

  /** Drops the connection if `call` times out, so a hanging one holds nothing. */
  async #bounded<T>(call: (session: PostgresSession) => Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const silent = () => new DatabaseSilent(this.where, this.#answerMsMax);
    const state: { session?: PostgresSession; isLate: boolean } = { isLate: false };
    const timer = setTimeout(() => {
      state.isLate = true;
      if (state.session !== undefined) this.#sessions.drop(state.session);
      late.reject(silent());
    }, this.#answerMsMax);
    const work = this.#sessions.with(async (session) => {
      if (state.isLate) throw silent();
      state.session = session;
      return await call(session);
    });
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

type Ask = (text: string, values?: readonly SqlValue[]) => Promise<RowList<Row[]>>;

function statementsOf(ask: Ask): Statements {
  return {
    all: async (text, ...values) => [...await ask(text, values)],
    run: async (text, ...values) => (await ask(text, values)).count,
    // Pipelined: sent without waiting, answered in order.
    runEach: async (text, rows) => void await Promise.all(rows.map((values) => ask(text, values))),
  };
}
