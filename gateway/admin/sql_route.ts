import { dayOfUs, leftOutDays, usOfDay } from "@ssmd/archive";
import {
  type AnswerColumn,
  answerSql,
  type AnswerValue,
  TABLES,
  tablesIn,
} from "@ssmd/dataset/query";
import { DAY_US, makeTemporaryFolder, nowUs, SsmdError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { z } from "zod";
import type { InstrumentSource } from "../meta/instrument_source.ts";
import { named } from "../http/named.ts";
import { Problem } from "../http/problem.ts";
import { json, uncached } from "../http/reply.ts";
import { type Route, route } from "../http/route.ts";

/** Maximum length of a query, characters. */
const SQL_CHARACTERS_MAX = 10_000;
/** Maximum number of rows in an answer; `is_cut` tells whether there are more. */
const ROWS_MAX = 1000;
/** Memory of the engine; beyond it, the engine spills to files. */
const MEMORY_BYTES = 512 * 1024 * 1024;
/** Time limit of the engine; then it is ended. */
const ENGINE_MS_MAX = 30_000;

const SQL_ANSWER = named(
  "SqlAnswer",
  "Rows of the archive's records of one day.",
  z.strictObject({
    date: z.string(),
    columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
    rows: z.array(z.array(z.unknown())).describe("Values in the order of the columns."),
    is_cut: z.boolean().describe(`Whether there are more than ${ROWS_MAX} rows.`),
    took_ms: z.number(),
    left_out: z.array(z.strictObject({ feed: z.string(), day: z.string(), why: z.string() }))
      .describe("Days with raw files and no records: `ssmd reprocess run` makes them."),
  }),
);

/** Returns the route of SQL over the archive: read-only, one query at a time, own process. */
export function sqlRoute(
  { storage, env, instruments: source }: {
    storage: Storage;
    env: string;
    instruments: Pick<InstrumentSource, "master">;
  },
): Route {
  const instruments = async () => (await source.master()).all();
  let isBusy = false;
  /** Folder of exported open windows, kept while the gateway runs. */
  let cache: Promise<{ path: string }> | undefined;
  return route({
    ...{ path: "/v1/admin/sql", id: "runSql", method: "POST" },
    ...{ tag: "Administration", role: "admin" },
    summary: "Runs SQL over the archived records of one day",
    description:
      "DuckDB's SQL, read-only. Tables: trades, tickers, orderbook, status, gaps, fires, " +
      "actions, bars, book, top_of_book; instruments and mappings contain everything the " +
      "security master ever knew, for any day. One query at a time, 30 s at most. Data of the " +
      "last two minutes may not be archived yet.",
    body: z.strictObject({
      sql: z.string().trim().min(1).max(SQL_CHARACTERS_MAX),
      date: z.iso.date().optional().describe("Day, UTC; default today."),
    }),
    answers: { 200: { schema: SQL_ANSWER } },
    handler: async ({ body: { sql, date = dayOfUs(nowUs()) } }) => {
      if (isBusy) throw busy();
      isBusy = true;
      try {
        cache ??= makeTemporaryFolder("ssmd-sql-");
        const { path: cacheDir } = await cache;
        return uncached(json(await answer(sql, { storage, env, instruments, date, cacheDir })));
      } catch (error) {
        throw error instanceof SsmdError ? problemOf(error) : error;
      } finally {
        isBusy = false;
      }
    },
  });
}

async function answer(
  sql: string,
  { date, ...source }:
    & { date: string }
    & Pick<
      Parameters<typeof answerSql>[0],
      "storage" | "env" | "instruments" | "cacheDir"
    >,
) {
  const fromUs = usOfDay(date);
  const span = { fromUs, toUs: fromUs + DAY_US };
  const columns: AnswerColumn[] = [];
  const rows: (readonly AnswerValue[])[] = [];
  const startMs = performance.now();
  const { isCut } = await answerSql({
    ...{ ...source, sql, rowsMax: ROWS_MAX, memoryBytesMax: MEMORY_BYTES },
    span,
    engineMsMax: ENGINE_MS_MAX,
  }, {
    columns: (found) => void columns.push(...found),
    rows: (found) => void rows.push(...found),
    end: () => {},
  });
  const took_ms = Math.round(performance.now() - startMs);
  const types = tablesIn(sql).map((table) => TABLES[table] ?? table);
  const { storage, env } = source;
  const leftOut = await leftOutDays(storage, { env, types, ...span, nowUs: nowUs() });
  return {
    ...{ date, columns, rows: rows.map((row) => [...row]), is_cut: isCut, took_ms },
    left_out: leftOut.map(({ feed, day, why }) => ({ feed, day, why })),
  };
}

function busy(): Problem {
  return new Problem("QUERY_BUSY", "Another query is running", {
    status: 429,
    hint: "Ask again in a few seconds; the command ssmd query has an engine of its own",
    headers: { "retry-after": "5" },
  });
}

function problemOf(error: SsmdError): Problem {
  if (error instanceof Problem) return error;
  if (error.code === "ARCHIVE_NOT_FOUND") {
    return new Problem(error.code, "Nothing is archived yet", {
      status: 404,
      hint: "The first files come within two minutes of the start",
    });
  }
  const status = error.code === "QUERY_ENGINE_FAILED" ? 503 : 400;
  const hint = error.hint || "Columns of a table: describe trades";
  return new Problem(error.code, error.message, { status, hint });
}
