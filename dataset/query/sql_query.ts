import { DAY_US, isoOfUs, makeTemporaryFolder } from "@ssmd/runtime";
import type { InstrumentFile } from "@ssmd/metadata";
import type { Storage } from "@ssmd/storage";
import type { TimeSpan } from "../time_span.ts";
import { type Column, type ColumnKind, columnsOf } from "@ssmd/archive/parquet";
import {
  type ExportRequest,
  type ExportType,
  type Partition,
  planExport,
  seriesOptions,
} from "../export/plan.ts";
import { columnsOfSeries, SERIES_NAMES } from "../series/mod.ts";
import type { AnswerSink } from "./answer_sink.ts";
import type { EngineRows, EngineTable } from "./engine_messages.ts";
import { askEngine } from "./engine_process.ts";
import { queryFiles } from "./export_cache.ts";
import { sqlError } from "./sql_error.ts";
import { INSTRUMENT_TABLE_NAMES, instrumentTables } from "./instrument_tables.ts";
import { isSeries, namesIn, TABLES, tablesIn } from "./tables.ts";

/** Limits of a query; beside each stands what happens there. */
export const QUERY_LIMITS = {
  /** Memory of the engine where none is given; beyond it sorts and joins go to files. */
  memoryBytesDefault: 1024 * 1024 * 1024,
  /** Of those files; beyond it the query is given up. */
  temporaryBytesMax: 20 * 1024 * 1024 * 1024,
  /** Rows of an answer that is printed as a whole, where no limit is given; the rest is left out, and told. */
  rowsDefault: 1000,
} as const;

/** A question in SQL. */
export interface SqlQuery {
  sql: string;
  storage: Storage;
  env: string;
  feeds?: readonly string[];
  symbols?: readonly string[];
  span: TimeSpan;
  /** How the tables `bars` and `book` are made; default as of exports. */
  series?: ExportRequest["series"];
  /** The security master, asked where SQL names its tables; absent = there are none of it. */
  instruments?: () => Promise<Iterable<InstrumentFile>>;
  /** Rows at most; null = all. */
  rowsMax: number | null;
  memoryBytesMax: number;
  /** Longest that the engine may take, ms; then it is ended. Absent = as long as it takes. */
  engineMsMax?: number;
  /** Folder of the cache of exports. */
  cacheDir: string;
  onRecords?: (what: "read" | "written", count: number) => void;
}

/** What answering took. */
export interface Answered {
  rows: number;
  /** Whether there are more rows than were asked for. */
  isCut: boolean;
  /** Days and types of windows that were exported for it, and sealed days that were fetched. */
  exported: number;
  exportMs: number;
  queryMs: number;
}

/**
 * Answers SQL over the archive: sealed days as they lie there, open windows as exports, which are made
 * where they are missing. Throws
 * QueryError `QUERY_INVALID`, `QUERY_REFUSED`, `QUERY_TOO_LARGE`, `QUERY_TIMEOUT` and those of the engine, and what
 * reading the archive throws.
 */
export async function answerSql(query: SqlQuery, sink: AnswerSink): Promise<Answered> {
  const startMs = performance.now();
  const { tables, made } = await tablesOf(query);
  const exportedMs = performance.now();
  await using folder = await makeTemporaryFolder("ssmd-query-");
  const { path: temporary } = folder;
  const loaded = await loadedTables(query, temporary);
  let done = { rows: 0, isCut: false };
  const answer = askEngine({
    ...{ sql: query.sql, tables, loaded, rowsMax: query.rowsMax, temporary, threads: threads() },
    memoryBytesMax: query.memoryBytesMax,
    temporaryBytesMax: QUERY_LIMITS.temporaryBytesMax,
  }, query.engineMsMax);
  for await (const message of answer) {
    if ("failure" in message) throw sqlError(query.sql, message.failure);
    if ("columns" in message) sink.columns(message.columns);
    else if ("rows" in message) sink.rows(message.rows);
    else done = message.done;
  }
  sink.end();
  const queryMs = performance.now() - exportedMs;
  return { ...done, exported: made, exportMs: exportedMs - startMs, queryMs };
}

async function loadedTables({ sql, instruments }: SqlQuery, dir: string): Promise<EngineRows[]> {
  if (instruments === undefined) return [];
  return await instrumentTables(namesIn(sql, INSTRUMENT_TABLE_NAMES), { instruments, dir });
}

function threads(): number {
  return Math.max(1, navigator.hardwareConcurrency);
}

async function tablesOf(query: SqlQuery): Promise<{ tables: EngineTable[]; made: number }> {
  const named = tablesIn(query.sql);
  const partitions = await planned(query, named);
  const { storage, cacheDir: dir, onRecords } = query;
  const { files, made } = await queryFiles(partitions, {
    ...{ storage, dir },
    ...(onRecords === undefined ? {} : { onRecords }),
  });
  const tables = allTables(query).map(({ name, type, columns }) => ({
    ...{ name, where: whereOf(query, columns) },
    staged: files.filter((file) => file.type === type && !file.isSealed).map(({ path }) => path),
    sealed: files.filter((file) => file.type === type && file.isSealed).map(({ path }) => path),
    columns: Object.fromEntries(columns.map((each) => [each.name, SQL_TYPES[each.kind]])),
  }));
  return { tables, made };
}

/** All tables that SQL may name, of records and of series. */
function allTables(
  query: SqlQuery,
): { name: string; type: ExportType; columns: readonly Column[] }[] {
  return [
    ...Object.entries(TABLES).map(([name, type]) => ({ name, type, columns: columnsOf(type) })),
    ...SERIES_NAMES.filter((name) => name !== "enriched" || query.series?.enrichment).map((
      name,
    ) => (
      { name, type: name, columns: columnsOfSeries(seriesOptions(name, query.series)) }
    )),
  ];
}

const SQL_TYPES: Readonly<Record<ColumnKind, string>> = {
  time: "TIMESTAMP WITH TIME ZONE",
  count: "BIGINT",
  double: "DOUBLE",
  word: "VARCHAR",
  text: "VARCHAR",
  flag: "BOOLEAN",
  doubles: "DOUBLE[]",
};

/** Whole days of windows are exported, so that the next query of another hour finds them. */
async function planned(query: SqlQuery, tables: readonly string[]): Promise<Partition[]> {
  if (tables.length === 0) return [];
  const { storage, env, feeds, symbols, span: { fromUs, toUs } } = query;
  return await planExport(storage, {
    ...{ env, format: "parquet", isEmptyAllowed: true },
    types: tables.flatMap((table) => isSeries(table) ? table : TABLES[table] ?? []),
    ...(query.series === undefined ? {} : { series: query.series }),
    ...(feeds === undefined ? {} : { feeds }),
    ...(symbols === undefined ? {} : { symbols }),
    span: {
      ...(fromUs === undefined ? {} : { fromUs: Math.floor(fromUs / DAY_US) * DAY_US }),
      ...(toUs === undefined ? {} : { toUs: Math.ceil(toUs / DAY_US) * DAY_US }),
    },
  });
}

function whereOf(
  { span: { fromUs, toUs }, symbols = [] }: SqlQuery,
  columns: readonly Column[],
): string {
  const timed = columns.find(({ kind }) => kind === "time")?.name;
  const time = (us: number) => `'${isoOfUs(us)}'::TIMESTAMPTZ`;
  const names = symbols.map((symbol) => `'${symbol.replaceAll("'", "''")}'`);
  return [
    ...(names.length === 0 ? [] : [`symbol IN (${names.join(", ")})`]),
    ...(fromUs === undefined ? [] : [`"${timed}" >= ${time(fromUs)}`]),
    ...(toUs === undefined ? [] : [`"${timed}" < ${time(toUs)}`]),
  ].join(" AND ");
}
