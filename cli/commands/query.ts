import { join } from "node:path";
import { buildCommand, type Command } from "@stricli/core";
import type { ClockQuery } from "@ssmd/archive";
import { cacheDir, messageOf } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { assertSymbolsKnown, parseSymbol } from "../archive/asked_symbols.ts";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { parseEnd, parseMoment, SPAN_FLAGS, type SpanFlags, spanOf } from "../archive/time_span.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { ExportProgress } from "../export/progress.ts";
import { ARCHIVE_FLAG, ENV_FILTER_FLAG } from "../flags.ts";
import { countText } from "../format.ts";
import { parseBytes } from "../query/byte_size.ts";
import {
  ANSWER_FORMATS,
  type AnswerFormat,
  answerPrinter,
  isStreamed,
} from "../query/answer_output.ts";
import { isTable, QUERY_LIMITS, TABLES } from "@ssmd/dataset/query";
import { docs, textFlag } from "../registry/flags.ts";

interface Flags extends SpanFlags {
  data?: string;
  env?: string;
  feed?: string[];
  symbol?: string[];
  start?: number;
  end?: number;
  clockSource?: string[];
  clockStatus?: (typeof CLOCK_STATUSES)[number][];
  limit?: number | "all";
  memory: number;
  cache?: string;
  output: AnswerFormat;
}

const SEVERAL = { kind: "parsed", parse: String, optional: true, variadic: true } as const;
const MOMENT = { kind: "parsed", parse: parseMoment, optional: true, placeholder: "time" } as const;

const CLOCK_STATUSES = ["synchronized", "unsynchronized", "unknown"] as const;

/** `ssmd query` */
export const command: Command<SsmdContext> = buildCommand<Flags, string[], SsmdContext>({
  docs: docs(
    "Ask the archive in SQL, or for the records of a table",
    `Tables: ${Object.keys(TABLES).join(", ")}; ssmd query "describe trades" tells the columns. ` +
      "SQL is that of DuckDB, and only reads. Sealed days are read as they lie in the archive, " +
      "open windows are exported to a cache first; --feed, --from, --to and --symbol narrow them, which makes the first answer quicker. " +
      "A table's name with symbols prints records straight from the archive. - reads SQL from stdin.\n\n" +
      `table, json and yaml print up to ${QUERY_LIMITS.rowsDefault} rows, csv and ndjson all; ` +
      "--limit says otherwise.",
    [
      `ssmd query "select symbol, count(*), sum(size) from trades group by symbol"`,
      `ssmd query "select time_bucket(interval 1 minute, received_at) as minute, max(price) from trades group by all order by all" --env demo --date 2026-08-01`,
      "ssmd query trades BTCUSD --start 2026-08-01T02:53:00Z --end 2026-08-01T02:54:00Z --limit 3",
      "ssmd query trades --clock-status synchronized --clock-status unknown --limit 3",
      `ssmd query "select * from gaps" --output yaml`,
    ],
  ),
  parameters: {
    flags: {
      data: ARCHIVE_FLAG,
      env: ENV_FILTER_FLAG,
      feed: { ...SEVERAL, brief: "Of this feed; may be repeated", placeholder: "feed" },
      symbol: {
        ...SEVERAL,
        parse: parseSymbol,
        brief: "Of this symbol; may be repeated",
        placeholder: "symbol",
      },
      ...SPAN_FLAGS,
      start: { ...MOMENT, brief: "The same as --from" },
      end: { ...MOMENT, parse: parseEnd, brief: "The same as --to" },
      clockSource: {
        ...SEVERAL,
        brief: "Records of a table: timed by this clock only (chrony, ptp, system, unknown)",
        placeholder: "clock",
      },
      clockStatus: {
        kind: "enum",
        values: CLOCK_STATUSES,
        brief: "Records of a table: whose clock was so; may be repeated",
        optional: true,
        variadic: true,
      },
      limit: {
        kind: "parsed",
        parse: parseLimit,
        brief: "Rows at most, or all",
        optional: true,
        placeholder: "rows",
      },
      memory: {
        kind: "parsed",
        parse: parseBytes,
        brief: "Memory of the engine: 512MB, 2GB; beyond it, it uses files",
        default: "1GB",
        placeholder: "size",
      },
      cache: textFlag(
        "Folder of the cache of exports; default: query in the cache folder of the user",
        "dir",
      ),
      output: {
        kind: "enum",
        values: ANSWER_FORMATS,
        default: "table",
        brief: "table, json, yaml, csv, or ndjson: a value a line",
      },
    },
    positional: {
      kind: "array",
      parameter: { brief: "SQL, or a table and symbols", parse: String, placeholder: "sql" },
      minimum: 1,
    },
  },
  func: runQuery,
});

function parseLimit(text: string): number | "all" {
  if (text === "all") return text;
  if (!/^\d{1,12}$/.test(text)) throw new RangeError("a limit is a whole number, or all");
  return Number(text);
}

async function runQuery(this: SsmdContext, flags: Flags, ...words: string[]): Promise<void> {
  const { dir } = this.globals;
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    await answered(this, storage, flags, words);
  } finally {
    await storage.close();
  }
}

async function answered(
  context: SsmdContext,
  storage: Storage,
  flags: Flags,
  words: readonly string[],
): Promise<void> {
  const { output, feed, symbol } = flags;
  const { stdout } = context.process;
  const printer = answerPrinter(output, (text) => stdout.write(text));
  const common = {
    ...{ storage, env: await envOf(storage, flags.env), span: spanOf(spanFlags(flags)) },
    rowsMax: rowsMaxOf(flags),
    ...(feed === undefined ? {} : { feeds: feed }),
  };
  const [first = "", ...others] = words;
  if (isTable(first)) {
    const { answerRecords } = await import("@ssmd/dataset/query");
    const symbols = [...others.map(symbolWord), ...symbol ?? []];
    const query = { ...common, ...clockOf(flags), table: first, symbols };
    const { rows, isCut } = await answerRecords(query, printer);
    if (rows === 0) await assertSymbolsKnown(context.globals, common.env, symbols);
    if (isCut) notice(context, cutText(rows));
    return;
  }
  if (others.length > 0) throw severalWords(first);
  if (clockOf(flags).clock !== undefined) throw clockInSql();
  const { answerSql } = await import("@ssmd/dataset/query");
  const progress = progressOf(context);
  const answer = await answerSql({
    ...common,
    sql: first === "-" ? await new Response(Deno.stdin.readable).text() : first,
    memoryBytesMax: flags.memory,
    cacheDir: flags.cache ?? join(cacheDir(), "query"),
    ...(symbol === undefined ? {} : { symbols: symbol }),
    onRecords: (what, count) => progress.add(what, count),
  }, {
    ...printer,
    columns: (columns) => {
      progress.end();
      printer.columns(columns);
    },
  });
  if (answer.isCut) notice(context, cutText(answer.rows));
  if (output === "table") notice(context, timeText(answer));
}

/** A symbol behind a table's name. Throws UsageError `QUERY_SYMBOL`. */
function symbolWord(text: string): string {
  try {
    return parseSymbol(text);
  } catch (error) {
    throw new UsageError("QUERY_SYMBOL", `"${text}" names no symbol: ${messageOf(error)}`);
  }
}

function spanFlags({ date, from, to, start, end }: Flags): SpanFlags {
  if ((from !== undefined && start !== undefined) || (to !== undefined && end !== undefined)) {
    throw new UsageError("SPAN_INVALID", "--start is --from and --end is --to: give one of each.");
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
  return new UsageError("QUERY_CLOCK", "Clocks narrow the records of a table, and not SQL.", {
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
  return new UsageError("QUERY_WORDS", `"${first}" is no table, and SQL is one word.`, {
    hint: `Put SQL into quotation marks; tables: ${Object.keys(TABLES).join(", ")}.`,
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
