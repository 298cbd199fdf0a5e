import { DAY_US, isoOfUs, makeTemporaryFolder } from "@ssmd/runtime";
import type { InstrumentFile } from "@ssmd/metadata";
import type { Storage } from "@ssmd/storage";
import type { TimeSpan } from "../time_span.ts";
import { type Column, columnsOf } from "@ssmd/archive/parquet";
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
import { SQL_TYPES } from "./record_query.ts";
import { isSeries, namesIn, TABLES, tablesIn } from "./tables.ts";

/** Limits of a query and their effects. */
export const QUERY_LIMITS = {
  /** Default engine memory; beyond it sorts and joins spill to files. */
  memoryBytesDefault: 1024 * 1024 * 1024,
  /** Maximum bytes of spill files; beyond it the query fails. */
  temporaryBytesMax: 20 * 1024 * 1024 * 1024,
  /** Default row limit of printed answers; the rest is cut and reported. */
  rowsDefault: 1000,
} as const;

/** A SQL query. */
export interface SqlQuery {
  sql: string;
  storage: Storage;
  env: string;
  feeds?: readonly string[];
  symbols?: readonly string[];
  span: TimeSpan;
  /** How series tables are made; default as in exports. */
  series?: ExportRequest["series"];
  /** Loads the security master, only when SQL names its tables; absent: no such tables. */
  instruments?: () => Promise<Iterable<InstrumentFile>>;
  /** Maximum rows; null for all. */
  rowsMax: number | null;
  memoryBytesMax: number;
  /** Maximum engine time, ms; then it is killed. Absent: unlimited. */
  engineMsMax?: number;
  /** Cache folder of exports. */
  cacheDir: string;
  onRecords?: (what: "read" | "written", count: number) => void;
}

/** Statistics of an answer. */
export interface Answered {
  rows: number;
  /** Whether there are more rows than the limit. */
  isCut: boolean;
  /** Partitions exported and sealed days fetched for it. */
  exported: number;
  exportMs: number;
  queryMs: number;
}

/**
 * Answers SQL over the archive: reads sealed days in place, and open windows as exports, made when
 * missing. Throws QueryError `QUERY_INVALID`, `QUERY_REFUSED`, `QUERY_TOO_LARGE`, `QUERY_TIMEOUT`
 * and the engine's errors, and the archive reader's errors.
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

/** Returns all tables that SQL may name, of records and series. */
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

/** Plans whole days, so that later queries of other hours reuse the exports. */
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
