/** A statement parameter, or a row value that all drivers return alike. */
export type SqlValue = string | number | null;

/** A row by column. Integers up to 2^53 - 1 are numbers. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs statements in the common subset of SQLite and PostgreSQL, with parameters `$1`, `$2`, … */
export interface Statements {
  /** Returns the rows of a statement. */
  all(sql: string, ...values: SqlValue[]): Promise<Row[]>;
  /** Runs a statement; resolves with the number of changed rows. */
  run(sql: string, ...values: SqlValue[]): Promise<number>;
  /** Runs a statement once per list of values, in order. */
  runEach(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<void>;
}

/**
 * Purpose of a transaction: `read` sees one snapshot; `change` is on disk once resolved; `count`
 * may be lost on power failure, but not on kill.
 */
export type TransactionKind = "read" | "change" | "count";

/**
 * A database shared by processes. Driver errors are passed through; {@linkcode Database.faultOf}
 * classifies them.
 */
export interface Database {
  /** File, or address without credentials; for people. */
  readonly where: string;
  /** Runs `body` in a transaction: commits, or rolls back if it rejects. */
  transaction<T>(kind: TransactionKind, body: (run: Statements) => Promise<T>): Promise<T>;
  faultOf(error: unknown): DatabaseFault;
  /** Waits for pending transactions. Idempotent. */
  close(): Promise<void>;
}

/**
 * Kinds of failures: `away` = no response, unknown whether the last transaction was committed;
 * `busy` = blocked by others, nothing committed; `closed` = by this process; `failed` = other.
 */
export type DatabaseFault = "away" | "busy" | "closed" | "failed";
