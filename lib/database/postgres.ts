import type { Row, RowList, Sql } from "postgres";
import { withoutVariables } from "@ssmd/runtime";
import { DatabaseClosed } from "./closed.ts";
import type { Database, DatabaseFault, SqlValue, Statements, TransactionKind } from "./database.ts";
import type { Migrations } from "./migrations.ts";
import { migratePostgres, quoted } from "./postgres_migrations.ts";
import { type PostgresSession, PostgresSessions } from "./postgres_sessions.ts";
import { DatabaseGone, DatabaseSilent, postgresFaultOf, wasTakenBack } from "./postgres_faults.ts";

export { postgresFaultOf } from "./postgres_faults.ts";

/** Who we are to the server. */
interface PostgresCredentials {
  /** Absent = the name of the user of this process. */
  user?: string;
  password?: string;
}

/** Where a database is. */
export interface PostgresConfig {
  /** `postgres://host:port/database`, `?sslmode=verify-full` with TLS. */
  url: string;
  /** The schema that everything is in; made where there is none. */
  schema: string;
  credentials?: PostgresCredentials;
  /** Reads them for each new connection, as they are rotated in place; default as they are. */
  readCredentials?: () => Promise<PostgresCredentials>;
}

/** Options of {@linkcode postgresDatabase}. */
interface PostgresOptions extends PostgresConfig {
  /** Absent = the schema is taken as it is. */
  migrations?: Migrations;
  /** Most transactions at once. */
  connectionsMax: number;
  /** Longest wait for a transaction, ms; then the connections are given up. Default 10 s. */
  answerMsMax?: number;
}

/** No literal import: what such a one names is fetched by everybody who starts. */
const PACKAGE: string = "postgres";
const CONNECT_S_MAX = 5;
const ANSWER_MS_MAX = 10_000;
/** Of a transaction that the server took back for another one. */
const TRIES_MAX = 5;

const MODES: Readonly<Record<TransactionKind, string>> = {
  read: "isolation level repeatable read read only",
  change: "",
  // A kill of the server must not lose it, so it waits for the disk as every change does.
  count: "",
};

/**
 * A schema of a PostgreSQL 13 or newer, which several machines share. The bodies of transactions may
 * run again where others were in their way. Rejects as {@linkcode Database} while it is away; comes
 * back by itself.
 */
export async function postgresDatabase(options: PostgresOptions): Promise<Database> {
  // deno-lint-ignore ssmd/layers -- one package, named above
  const loaded: { default: typeof import("postgres") } = await import(PACKAGE);
  const { default: postgres } = loaded;
  const database = new PostgresDatabase(options, (onclose) =>
    // Variables of the process say nothing about our database.
    withoutVariables(() => postgres(options.url, connectOptions(options, onclose))));
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
    // Nobody would hear that its question for types was rejected.
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
        if (tries >= TRIES_MAX || !wasTakenBack(error)) throw error;
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
      // A session that may still be within it is nobody's any more.
      await ask("ROLLBACK").catch(() => this.#sessions.drop(session));
      throw error;
    }
  }

  /** Gives up the connection if `call` is not done in time, so that what hangs holds nothing. */
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
    // Sent one after the other without waiting, answered in order.
    runEach: async (text, rows) => void await Promise.all(rows.map((values) => ask(text, values))),
  };
}
