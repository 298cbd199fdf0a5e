import { isoOfUs } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import { archivedFeeds, type ClockQuery, readArchive } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import type { TimeSpan } from "../time_span.ts";
import { type Column, columnsOf, valueOf } from "@ssmd/archive/parquet";
import type { AnswerSink } from "./answer_sink.ts";
import type { AnswerValue } from "./engine_messages.ts";
import { TABLES } from "./tables.ts";

/** Query for the records of one table. */
export interface RecordQuery {
  storage: Storage;
  env: string;
  /** A name in {@linkcode TABLES}. */
  table: string;
  symbols: readonly string[];
  feeds?: readonly string[];
  span: TimeSpan;
  /** Clocks that may have timed the records; absent: all. */
  clock?: ClockQuery;
  /** Maximum rows; null for all. */
  rowsMax: number | null;
}

/** SQL types by column kind. */
export const SQL_TYPES = {
  time: "TIMESTAMP WITH TIME ZONE",
  count: "BIGINT",
  double: "DOUBLE",
  word: "VARCHAR",
  text: "VARCHAR",
  flag: "BOOLEAN",
  doubles: "DOUBLE[]",
} as const;

/**
 * Streams records from the archive by feed and receive time; returns their number and whether there
 * are more. Throws the archive reader's errors.
 */
export async function answerRecords(
  query: RecordQuery,
  sink: AnswerSink,
): Promise<{ rows: number; isCut: boolean }> {
  const { storage, env, table, symbols, feeds, span, rowsMax, clock } = query;
  const type = TABLES[table];
  if (type === undefined) throw new RangeError(`${table} is no table`);
  const columns = columnsOf(type);
  const archived = feeds ?? await archivedFeeds(storage, env, ["normalized"]);
  sink.columns(columns.map(({ name, kind }) => ({ name, type: SQL_TYPES[kind] })));
  let rows = 0;
  for (const feed of archived) {
    const records = readArchive(storage, {
      ...{ env, feed, types: [type], ...span },
      ...(symbols.length === 0 ? {} : { symbols }),
      ...(clock === undefined ? {} : { clock }),
    });
    for await (const batch of records) {
      const wanted = rowsMax === null ? batch : batch.slice(0, rowsMax - rows);
      rows += wanted.length;
      if (wanted.length > 0) sink.rows(wanted.map((event) => rowOf(columns, event)));
      if (wanted.length === batch.length) continue;
      sink.end();
      return { rows, isCut: true };
    }
  }
  sink.end();
  return { rows, isCut: false };
}

function rowOf(columns: readonly Column[], event: MarketEvent): AnswerValue[] {
  return columns.map((column) => answerOf(column, event));
}

function answerOf(column: Column, event: MarketEvent): AnswerValue {
  const value = valueOf(column, event);
  if (value === null) return null;
  return column.kind === "time" ? isoOfUs(value as number) : value as AnswerValue;
}
