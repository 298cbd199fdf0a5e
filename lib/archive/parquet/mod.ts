/** Parquet files of records: written and read. @module */
export { parquetBytes } from "./parquet_file.ts";
export {
  type Column,
  type ColumnKind,
  columnsOf,
  type ColumnValue,
  valueOf,
} from "./record_columns.ts";
