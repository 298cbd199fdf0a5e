/** What the engine is asked: one JSON value on its stdin, which stays open while the answer is wanted. */
export interface EngineRequest {
  sql: string;
  tables: EngineTable[];
  /** Tables that are read into memory. */
  loaded: EngineRows[];
  /** Rows at most; one more is told by `isCut`. */
  rowsMax: number | null;
  memoryBytesMax: number;
  threads: number;
  /** Folder for what has no room in memory. */
  temporary: string;
  temporaryBytesMax: number;
}

/** A table as the engine makes it: a view of Parquet files. */
export interface EngineTable {
  name: string;
  /** Exports of open windows, in folders `feed=…`, which give that column. */
  staged: string[];
  /** Sealed days, which have all columns. None of both = a table without rows, with these columns. */
  sealed: string[];
  /** Name → SQL type. */
  columns: Record<string, string>;
  /** Narrows the rows; SQL that was made here, never by a person. */
  where: string;
}

/** A table of few rows: a file with a JSON object a line. */
export interface EngineRows {
  name: string;
  /** The file, which SQL does not reach. */
  rows: string;
  /** Name → SQL type. */
  columns: Record<string, string>;
}

/** A column of an answer. */
export interface AnswerColumn {
  name: string;
  /** As DuckDB names it. */
  type: string;
}

/** A value of an answer as JSON has it. */
export type AnswerValue =
  | string
  | number
  | boolean
  | null
  | AnswerValue[]
  | { [name: string]: AnswerValue };

/** Why SQL was not run. */
export interface EngineFailure {
  /** `Parser`, `Binder`, `Permission`; `Refused` = it is no query. */
  kind: string;
  message: string;
  /** Offset in the SQL, UTF-8 bytes; absent where no place is known. */
  position?: number;
  /** A name that there is none of, and those that there are. */
  name?: string;
  candidates?: string[];
}

/** What the engine writes: one JSON value a line, in this order. */
export type EngineMessage =
  | { columns: AnswerColumn[] }
  | { rows: AnswerValue[][] }
  | { done: { rows: number; isCut: boolean } }
  | { failure: EngineFailure };
