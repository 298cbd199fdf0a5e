import postgres, { type Row, type RowList, type Sql } from "postgres";
import { withoutVariables } from "@ssmd/runtime";
import { DatabaseClosed } from "./closed.ts";
import type { Database, DatabaseFault, SqlValue, Statements, TransactionKind } from "./database.ts";
import type { Migrations } from "./migrations.ts";
import { migratePostgres, quoted } from "./postgres_migrations.ts";
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
  migrations: Migrations;
  /** Most transactions at once. */
  connectionsMax: number;
  /** Longest wait for a transaction, ms; then the connections are given up. Default 10 s. */
  answerMsMax?: number;
}

const CONNECT_S_MAX = 5;
const ANSWER_MS_MAX = 10_000;
/** Of a transaction that the server took back for another one. */
const TRIES_MAX = 5;
/** Longest wait for what is under way when it is closed. */
const CLOSE_S_MAX = 5;

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
  const database = new PostgresDatabase(options, (onclose) =>
    // Variables of the process say nothing about our database.
    withoutVariables(() => postgres(options.url, connectOptions(options, onclose))));
  try {
    const { schema, migrations } = options;
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
  { schema, credentials = {}, readCredentials, connectionsMax }: PostgresOptions,
  onclose: () => void,
) {
  const { user, password } = credentials;
  const read = readCredentials ?? (() => Promise.resolve({ password }));
  return {
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: async () => (await read()).password ?? "" }),
    ...{ max: connectionsMax, connect_timeout: CONNECT_S_MAX, max_lifetime: 0 },
    // Without its question for types a reserved connection would never be given.
    ...{ fetch_types: true, onnotice: () => {}, onclose },
    types: { whole: { to: 20, from: [20, 1700], parse: Number, serialize: String } },
    connection: {
      ...{ application_name: "ssmd", search_path: quoted(schema) },
      ...{ statement_timeout: ANSWER_MS_MAX, lock_timeout: ANSWER_MS_MAX },
      idle_in_transaction_session_timeout: ANSWER_MS_MAX,
    },
  };
}

/** Connections that were opened together; when one ends by itself, no other is used any more. */
interface Pool {
  sql: Promise<Sql>;
  isGone: boolean;
}

class PostgresDatabase implements Database {
  readonly where: string;
  #connect: (onclose: () => void) => Promise<Sql>;
  #pool: Pool | undefined;
  #answerMsMax: number;
  #closed = false;

  constructor(
    { url, schema, answerMsMax }: PostgresOptions,
    connect: (onclose: () => void) => Promise<Sql>,
  ) {
    const { host, pathname } = new URL(url);
    this.where = `postgres://${host}${pathname} (schema ${schema})`;
    this.#connect = connect;
    this.#answerMsMax = answerMsMax ?? ANSWER_MS_MAX;
  }

  async transaction<T>(kind: TransactionKind, body: (run: Statements) => Promise<T>): Promise<T> {
    for (let tries = 1;; tries++) {
      if (this.#closed) throw new DatabaseClosed(this.where);
      try {
        return await this.#bounded((pool) => this.#once(pool, MODES[kind], body));
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
    await (await this.#pool?.sql)?.end({ timeout: CLOSE_S_MAX });
  }

  async #once<T>(
    pool: Pool,
    mode: string,
    body: (run: Statements) => Promise<T>,
  ): Promise<T> {
    const connection = await (await pool.sql).reserve();
    // The package would write to a socket that is no more, and fail outside of any promise.
    const ask: Ask = (text, values = []) =>
      pool.isGone
        ? Promise.reject(new DatabaseGone(this.where))
        : connection.unsafe(text, [...values], { prepare: true });
    try {
      await ask(`BEGIN ${mode}`);
      const result = await body(statementsOf(ask));
      await ask("COMMIT");
      return result;
    } catch (error) {
      await ask("ROLLBACK").catch(() => {});
      throw error;
    } finally {
      if (!pool.isGone) connection.release();
    }
  }

  /** Gives up the connections if `call` is not done in time, so that what hangs holds nothing. */
  async #bounded<T>(call: (pool: Pool) => Promise<T>): Promise<T> {
    const pool = this.#pool ??= this.#newPool();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.#drop(pool);
      late.reject(new DatabaseSilent(this.where, this.#answerMsMax));
    }, this.#answerMsMax);
    try {
      return await Promise.race([call(pool), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #newPool(): Pool {
    const pool: Pool = {
      isGone: false,
      sql: this.#connect(() => this.#closed || this.#drop(pool)),
    };
    return pool;
  }

  /** What was sent on a connection that ended stays in the package's memory: it is never used again. */
  #drop(pool: Pool): void {
    if (pool.isGone) return;
    pool.isGone = true;
    if (this.#pool === pool) this.#pool = undefined;
    void pool.sql.then((sql) => sql.end({ timeout: 0 }));
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
