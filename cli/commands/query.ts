import { join } from "node:path";
import { z } from "zod";
import type { ClockQuery } from "@ssmd/archive";
import {
  INSTRUMENT_TABLE_NAMES,
  isSeries,
  isTable,
  QUERY_LIMITS,
  TABLES,
  tablesIn,
} from "@ssmd/dataset/query";
import { SERIES_NAMES } from "@ssmd/dataset/series";
import { cacheDir, messageOf } from "@ssmd/runtime";
import { noteLeftOut } from "../archive/left_out_days.ts";
import { assertSymbolsArchived, parseSymbol } from "../archive/requested_symbols.ts";
import { parseEnd, parseMoment, type SpanFlags, spanOf } from "../archive/time_span.ts";
import { type NamedArchive, withArchive } from "../archive/with_archive.ts";
import {
  ARCHIVE,
  FEEDS,
  SERIES_FLAGS,
  seriesOf,
  SPAN_FLAGS,
  SYMBOLS,
} from "../archive/archive_flags.ts";
import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { choice, dir, parsed, text, type ValuesOf } from "../command/flag.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { openEnrichment } from "../enrich/open_enrichment.ts";
import { ExportProgress } from "../export/progress.ts";
import { openMaster } from "../secmaster/open_master.ts";
import { countText } from "../format.ts";
import { ANSWER_FORMATS, answerPrinter, isStreamed } from "../query/answer_output.ts";
import { parseBytes } from "../query/byte_size.ts";

type TableName = keyof typeof TABLES;

const FLAGS = {
  data: ARCHIVE,
  env: ENVIRONMENT_FILTER,
  feed: FEEDS,
  symbol: SYMBOLS,
  ...SPAN_FLAGS,
  start: parsed(parseMoment, "Same as --from", { placeholder: "time" }),
  end: parsed(parseEnd, "Same as --to", { placeholder: "time" }),
  clockSource: text(
    "Records of a table: only those timed by this clock (chrony, ptp, system, unknown)",
    { placeholder: "clock", repeated: true },
  ),
  clockStatus: choice(
    ["synchronized", "unsynchronized", "unknown"],
    "Records of a table: only those with this clock status; may be repeated",
    { repeated: true },
  ),
  ...SERIES_FLAGS,
  limit: parsed(parseLimit, "Maximum number of rows, or all", {
    placeholder: "rows",
    type: "number",
  }),
  memory: parsed(
    parseBytes,
    "Memory limit of the engine: 512MB, 2GB; beyond it, temporary files are used",
    {
      default: "1GB",
      placeholder: "size",
    },
  ),
  cache: dir("Folder of the cache of exports; default: query in the user's cache folder"),
  output: choice(ANSWER_FORMATS, "table, json, yaml, csv, or ndjson: one value per line", {
    default: "table",
  }),
};

type Flags = ValuesOf<typeof FLAGS>;

export default defineCommand({
  name: "query",
  brief: "Query the archive in SQL, or list records of a table",
  description:
    `Tables: ${Object.keys(TABLES).join(", ")}, and made of them ${SERIES_NAMES.join(", ")} ` +
    '(see ssmd data export --help); ssmd query "describe trades" tells the columns. ' +
    `${
      INSTRUMENT_TABLE_NAMES.join(" and ")
    } are the security master of the registry's files: a row ` +
    "for each version, effective_at and known_at telling when it holds and since when that is known. " +
    "SQL is that of DuckDB, and only reads. Sealed days are read as they lie in the archive, " +
    "open windows are exported to a cache first; --feed, --from, --to and --symbol narrow them, " +
    "which makes the first answer quicker. A table's name with symbols prints records straight " +
    "from the archive. - reads SQL from stdin.\n\n" +
    `table, json and yaml print up to ${QUERY_LIMITS.rowsDefault} rows, csv and ndjson all; ` +
    "--limit says otherwise.",
  examples: [
    `ssmd query "select symbol, count(*), sum(size) from trades group by symbol"`,
    `ssmd query "select time_bucket(interval 1 minute, received_at) as minute, max(price) from trades group by all order by all" --env demo --date 2026-08-01`,
    "ssmd query trades BTCUSD --start 2026-08-01T02:53:00Z --end 2026-08-01T02:54:00Z --limit 3",
    "ssmd query bars BTCUSD --every 5m --date 2026-08-01",
    "ssmd query trades --clock-status synchronized --clock-status unknown --limit 3",
    `ssmd query "select * from gaps" --output yaml`,
    `ssmd query "select id, state from instruments where effective_at <= now() qualify row_number() over (partition by id order by effective_at desc, known_at desc) = 1"`,
  ],
  flags: FLAGS,
  args: {
    each: text("SQL, or a table and symbols", { placeholder: "sql", required: true }),
    minimum: 1,
  },
  prints: z.array(
    z.record(z.string(), z.unknown())
      .describe("A row: values by column name"),
  ),
  run: ({ flags, args: [first = "", ...others], context }) =>
    withArchive(context, flags, async (archive) => {
      if (isTable(first)) {
        await printRecords(context, flags, { ...archive, table: first, symbols: others });
      } else if (isSeries(first)) {
        const symbol = [...others.map(symbolWord), ...flags.symbol ?? []];
        const sql = `select * from ${first} order by all`;
        await printAnswer(context, { ...flags, symbol }, { ...archive, sql });
      } else if (others.length > 0) throw severalWords(first);
      else if (INSTRUMENT_TABLE_NAMES.includes(first)) {
        await printAnswer(context, flags, {
          ...archive,
          sql: `select * from ${first} order by all`,
        });
      } else await printAnswer(context, flags, { ...archive, sql: first });
    }),
});

function parseLimit(text: string): number | "all" {
  if (text === "all") return text;
  if (!/^\d{1,12}$/.test(text)) throw new RangeError("a limit is a whole number, or all");
  return Number(text);
}

function scopeOf(flags: Flags, { storage, env }: NamedArchive) {
  return {
    ...{ storage, env, span: spanOf(spanFlags(flags)), rowsMax: rowsMaxOf(flags) },
    ...(flags.feed === undefined ? {} : { feeds: flags.feed }),
  };
}

function printerOf({ process: { stdout } }: SsmdContext, { output }: Flags) {
  return answerPrinter(output, (text) => stdout.write(text));
}

/** Prints the records of a table directly from the archive. */
async function printRecords(
  context: SsmdContext,
  flags: Flags,
  { table, symbols: others, ...archive }: NamedArchive & { table: TableName; symbols: string[] },
): Promise<void> {
  const { answerRecords } = await import("@ssmd/dataset/query");
  const symbols = [...others.map(symbolWord), ...flags.symbol ?? []];
  await assertKnown(context, { ...flags, symbol: symbols }, archive);
  const query = { ...scopeOf(flags, archive), ...clockOf(flags), table, symbols };
  await noteLeftOut(context, archive.storage, { ...query, types: [TABLES[table] ?? ""] });
  const { rows, isCut } = await answerRecords(query, printerOf(context, flags));
  if (isCut) notice(context, cutText(rows));
}

/** Runs SQL in the query engine and prints the answer. */
async function printAnswer(
  context: SsmdContext,
  flags: Flags,
  { sql: given, ...archive }: NamedArchive & { sql: string },
): Promise<void> {
  const sql = given === "-" ? await new Response(Deno.stdin.readable).text() : given;
  if (clockOf(flags).clock !== undefined) throw clockInSql();
  const types = tablesIn(sql).map((table) => TABLES[table] ?? table);
  await noteLeftOut(context, archive.storage, { ...scopeOf(flags, archive), types });
  await assertKnown(context, flags, archive);
  const { answerSql } = await import("@ssmd/dataset/query");
  const progress = progressOf(context);
  const printer = printerOf(context, flags);
  const { series } = seriesOf(flags);
  const enrichment = /\benriched\b/i.test(sql)
    ? await openEnrichment(context, archive.env)
    : undefined;
  const answer = await answerSql({
    ...{ ...scopeOf(flags, archive), series: { ...series, enrichment } },
    sql,
    instruments: async () => (await openMaster(context)).all(),
    memoryBytesMax: flags.memory,
    cacheDir: flags.cache ?? join(cacheDir(), "query"),
    ...(flags.symbol === undefined ? {} : { symbols: flags.symbol }),
    onRecords: (what, count) => progress.add(what, count),
  }, {
    ...printer,
    columns: (columns) => {
      progress.end();
      printer.columns(columns);
    },
  });
  if (answer.isCut) notice(context, cutText(answer.rows));
  if (flags.output === "table") notice(context, timeText(answer));
}

async function assertKnown(
  { globals }: SsmdContext,
  flags: Flags,
  { storage, env }: NamedArchive,
): Promise<void> {
  await assertSymbolsArchived(globals, storage, {
    ...{ env, feeds: flags.feed, symbols: flags.symbol, span: spanOf(spanFlags(flags)) },
  });
}

/** Parses a symbol that follows a table name. Throws UsageError `QUERY_SYMBOL`. */
function symbolWord(text: string): string {
  try {
    return parseSymbol(text);
  } catch (error) {
    throw new UsageError("QUERY_SYMBOL", `"${text}" names no symbol: ${messageOf(error)}`);
  }
}

function spanFlags({ date, from, to, start, end }: Flags): SpanFlags {
  if ((from !== undefined && start !== undefined) || (to !== undefined && end !== undefined)) {
    throw new UsageError("SPAN_INVALID", "--start is --from and --end is --to: give one of each");
  }
  const first = from ?? start;
  const last = to ?? end;
  return {
    ...(date === undefined ? {} : { date }),
    ...(first === undefined ? {} : { from: first }),
    ...(last === undefined ? {} : { to: last }),
  };
}

function clockOf({ clockSource: sources, clockStatus: statuses }: Flags): { clock?: ClockQuery } {
  if (sources === undefined && statuses === undefined) return {};
  return {
    clock: {
      ...(sources === undefined ? {} : { sources }),
      ...(statuses === undefined ? {} : { statuses }),
    },
  };
}

function clockInSql(): UsageError {
  return new UsageError("QUERY_CLOCK", "Clocks narrow the records of a table, and not SQL", {
    hint: "ssmd query trades BTCUSD --clock-status synchronized",
  });
}

function rowsMaxOf({ limit, output }: Flags): number | null {
  if (limit === "all") return null;
  return limit ?? (isStreamed(output) ? null : QUERY_LIMITS.rowsDefault);
}

function progressOf({ globals, process }: SsmdContext): ExportProgress {
  const shown = Deno.stderr.isTerminal() && !globals.quiet;
  return new ExportProgress(undefined, shown ? (text) => process.stderr.write(text) : undefined);
}

function severalWords(first: string): UsageError {
  return new UsageError("QUERY_WORDS", `"${first}" is no table, and SQL is one word`, {
    hint: `Put SQL into quotation marks; tables: ${
      [...Object.keys(TABLES), ...SERIES_NAMES, ...INSTRUMENT_TABLE_NAMES].join(", ")
    }`,
  });
}

function cutText(rows: number): string {
  return `Cut after ${countText(rows, "row")}; --limit all shows all.`;
}

function timeText({ exported, exportMs, queryMs }: {
  exported: number;
  exportMs: number;
  queryMs: number;
}): string {
  const exports = exported === 0
    ? ""
    : `, after ${countText(exported, "export")} in ${Math.round(exportMs)} ms`;
  return `answered in ${Math.round(queryMs)} ms${exports}`;
}
