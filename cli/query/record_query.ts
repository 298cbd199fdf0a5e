import { isoOfUs } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import type { TimeSpan } from "../archive/time_span.ts";
import { type Column, columnsOf, type ColumnValue } from "../export/columns.ts";
import { planExport } from "../export/plan.ts";
import { readRecords } from "../export/records.ts";
import type { AnswerPrinter } from "./answer_output.ts";
import type { AnswerValue } from "./engine_messages.ts";
import { TABLES } from "./tables.ts";

/** Records of one table and symbols. */
export interface RecordQuery {
  storage: Storage;
  env: string;
  /** A name of {@linkcode TABLES}. */
  table: string;
  symbols: readonly string[];
  feeds?: readonly string[];
  span: TimeSpan;
  /** Rows at most; null = all. */
  rowsMax: number | null;
}

/** Types of columns, as an answer in SQL would name them. */
const TYPE_NAMES = {
  time: "TIMESTAMP WITH TIME ZONE",
  count: "BIGINT",
  double: "DOUBLE",
  word: "VARCHAR",
  text: "VARCHAR",
  flag: "BOOLEAN",
  doubles: "DOUBLE[]",
} as const;

/**
 * Prints records straight from the archive, in order of receive time, feed by feed; says how many
 * and whether there are more. Throws what reading the archive throws.
 */
export async function answerRecords(
  query: RecordQuery,
  printer: AnswerPrinter,
): Promise<{ rows: number; isCut: boolean }> {
  const { storage, env, table, symbols, feeds, span, rowsMax } = query;
  const type = TABLES[table];
  if (type === undefined) throw new RangeError(`${table} is no table`);
  const columns = columnsOf(type);
  const partitions = await planExport(storage, {
    ...{ env, types: [type], symbols, span, format: "parquet" },
    ...(feeds === undefined ? {} : { feeds }),
  });
  printer.columns(columns.map(({ name, kind }) => ({ name, type: TYPE_NAMES[kind] })));
  let rows = 0;
  for (const partition of partitions) {
    for await (const batch of readRecords(storage, partition)) {
      const wanted = rowsMax === null ? batch : batch.slice(0, rowsMax - rows);
      rows += wanted.length;
      if (wanted.length > 0) printer.rows(wanted.map((event) => rowOf(columns, event)));
      if (wanted.length === batch.length) continue;
      printer.end();
      return { rows, isCut: true };
    }
  }
  printer.end();
  return { rows, isCut: false };
}

function rowOf(columns: readonly Column[], event: MarketEvent): AnswerValue[] {
  return columns.map((column) => valueOf(column, column.of(event)));
}

function valueOf({ kind }: Column, value: ColumnValue): AnswerValue {
  if (value === null) return null;
  return kind === "time" ? isoOfUs(value as number) : value as AnswerValue;
}
