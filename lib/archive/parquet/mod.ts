/** Reading and writing of Parquet files of records. @module */
export { copiedColumns, hasColumns } from "./parquet_copy.ts";
export { type ParquetAbout, parquetBytes } from "./parquet_file.ts";
export {
  type Column,
  columnsOf,
  type ColumnValue,
  count,
  double,
  flag,
  optionalDouble,
  type TableRow,
  time,
  valueOf,
  word,
} from "./record_columns.ts";
