/** A value of a statement, or of a row that every driver gives alike. */
export type SqlValue = string | number | null;

/** A row by column. Whole numbers up to 2^53 - 1 are numbers. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Runs statements that every driver understands: the common part of SQLite and PostgreSQL. Values
 * stand in them as `$1`, `$2`, …
 */
export interface Statements {
  /** The rows that a statement gives. */
  all(sql: string, ...values: SqlValue[]): Promise<Row[]>;
  /** Runs a statement; resolves with the number of rows that it changed. */
  run(sql: string, ...values: SqlValue[]): Promise<number>;
  /** Runs a statement once for each list of values, in order. */
  runEach(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<void>;
}

/**
 * What a transaction is for: `read` sees one moment, `change` is on the disk when it resolves,
 * `count` may be lost by a power cut, but not by a kill.
 */
export type TransactionKind = "read" | "change" | "count";

/**
 * A database that several processes may use at once. What its driver throws goes on as it is;
 * {@linkcode Database.faultOf} says of which kind it is.
 */
export interface Database {
  /** File, or address without credentials; for people. */
  readonly where: string;
  /** Runs `body` as one transaction: all of it is kept, or nothing if it rejects. */
  transaction<T>(kind: TransactionKind, body: (run: Statements) => Promise<T>): Promise<T>;
  faultOf(error: unknown): DatabaseFault;
  /** Waits for what is under way. Twice is harmless. */
  close(): Promise<void>;
}

/**
 * Kinds of failures: `away` = it does not answer, and nobody knows whether the last transaction was
 * kept; `busy` = others were in the way, and nothing was kept; `closed` = by us; `failed` = the rest.
 */
export type DatabaseFault = "away" | "busy" | "closed" | "failed";
