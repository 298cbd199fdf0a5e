/** Request: one JSON value on the engine's stdin, which stays open while the answer is wanted. */
export interface EngineRequest {
  sql: string;
  tables: EngineTable[];
  /** Tables loaded into memory. */
  loaded: EngineRows[];
  /** Maximum rows; null for all. More rows set `isCut`. */
  rowsMax: number | null;
  memoryBytesMax: number;
  threads: number;
  /** Folder for spilled data. */
  temporary: string;
  temporaryBytesMax: number;
}

/** A table: a view of Parquet files. */
export interface EngineTable {
  name: string;
  /** Exports of open windows, in `feed=…` folders that provide that column. */
  staged: string[];
  /** Sealed days, with all columns. Without any file, the table is empty. */
  sealed: string[];
  /** Name → SQL type. */
  columns: Record<string, string>;
  /** Row filter in SQL; generated here, never user input. */
  where: string;
}

/** A small table from a JSON Lines file. */
export interface EngineRows {
  name: string;
  /** Path of the file; SQL cannot reach it. */
  rows: string;
  /** Name → SQL type. */
  columns: Record<string, string>;
}

/** Column of an answer. */
export interface AnswerColumn {
  name: string;
  /** DuckDB type name. */
  type: string;
}

/** A JSON value of an answer. */
export type AnswerValue =
  | string
  | number
  | boolean
  | null
  | AnswerValue[]
  | { [name: string]: AnswerValue };

/** Why SQL was not run. */
export interface EngineFailure {
  /** `Parser`, `Binder`, `Permission`; `Refused` when it is not a query. */
  kind: string;
  message: string;
  /** Offset in the SQL, UTF-8 bytes; absent when unknown. */
  position?: number;
  /** An unknown name, and the known candidates. */
  name?: string;
  candidates?: string[];
}

/** Engine output: one JSON value per line, in this order. */
export type EngineMessage =
  | { columns: AnswerColumn[] }
  | { rows: AnswerValue[][] }
  | { done: { rows: number; isCut: boolean } }
  | { failure: EngineFailure };
