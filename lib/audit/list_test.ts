import assert from "node:assert/strict";
import type { Database, SqlValue } from "@ssmd/database";
import { cpuMsOf } from "../../tests/contract/cpu_time.ts";
import { postgresServerAvailable } from "../../tests/servers/postgres_server.ts";
import type { AuditFilter } from "./event.ts";
import { AuditLog } from "./log.ts";
import { AUDIT_MIGRATIONS } from "./migrations.ts";
import { execute, LOGS } from "./testing/logs.ts";

/** Events of the log; `SSMD_AUDIT_EVENTS=10000000` is the long form (7 GB, some minutes). */
const EVENTS = Number(Deno.env.get("SSMD_AUDIT_EVENTS") ?? 100_000);
const IS_LONG = Deno.env.has("SSMD_AUDIT_EVENTS");
const MS_MAX = 1000;

/** What differs between the kinds of databases. */
const DIALECTS = {
  sqlite: {
    series: `(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${EVENTS})
      SELECT i FROM n) AS numbers`,
    moment:
      `strftime('%Y-%m-%dT%H:%M:%S', 1790000000 + i * 2592000 / ${EVENTS}, 'unixepoch') || '.000000Z'`,
    quick: ["PRAGMA cache_size = -1000000"],
    explain: "EXPLAIN QUERY PLAN ",
    /** Rows of all are read one after the other, or put in order first. */
    slow: /SCAN events$|TEMP B-TREE/,
  },
  postgres: {
    series: `(SELECT generate_series(1::bigint, ${EVENTS}) AS i) AS numbers`,
    moment:
      `to_char(to_timestamp(1790000000 + i * 2592000 / ${EVENTS}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '.000000Z'`,
    quick: ["SET LOCAL maintenance_work_mem = '1GB'", "SET LOCAL statement_timeout = 0"],
    explain: "EXPLAIN ",
    slow: /Seq Scan on events/,
  },
} as const;

/** Filters for what is rare among the events of an actor, an action or a category. */
const NOT_DONE: readonly AuditFilter[] = [
  ...[{ actor: "actor-7", outcome: "refused" }, { action: "action-7", outcome: "refused" }],
  ...[{ category: "operations", outcome: "failed" }] as const,
  { actor: "actor-10", category: "security-events", outcome: "refused" },
] as const;

type Dialect = (typeof DIALECTS)[keyof typeof DIALECTS];

/**
 * Fills a log with events of 30 days: 500 actors, 50 actions; each tenth is refused, all of them of 50
 * actors (an attack). Its indexes are made afterwards: to keep them in order meanwhile takes most of
 * an hour.
 */
async function fill(database: Database, kind: keyof typeof DIALECTS): Promise<void> {
  const { series, moment, quick }: Dialect = DIALECTS[kind];
  const made = AUDIT_MIGRATIONS[kind].join(";").match(/CREATE INDEX[^;]+/g) ?? [];
  assert.equal(made.length, { sqlite: 11, postgres: 10 }[kind]);
  await execute(
    database,
    ...quick,
    ...made.map((sql) => `DROP INDEX ${/events_\w+/.exec(sql)?.[0]}`),
    `INSERT INTO events (position, event, content, link)
     SELECT i, '{"position":' || i || ',"at":"' || ${moment} || '","category":"' ||
       CASE i % 3 WHEN 0 THEN 'client-actions' WHEN 1 THEN 'data-access' ELSE 'operations' END ||
       '","actor":"actor-' || (i * 7919 % 500) || '","action":"action-' || (i * 104729 % 50) ||
       '","target":"x","outcome":"' || CASE i % 10 WHEN 0 THEN 'refused' ELSE 'done' END ||
       '","reason":"","metadata":{}}', '', '' FROM ${series}`,
    ...made,
    `UPDATE head SET position = ${EVENTS}`,
    "ANALYZE",
  );
}

/** A database that notes the questions which it is asked. */
function noted(database: Database, asked: [sql: string, values: SqlValue[]][]): Database {
  return {
    ...{ where: database.where, faultOf: (error) => database.faultOf(error) },
    close: () => Promise.resolve(),
    transaction: (kind, body) =>
      database.transaction(kind, (run) =>
        body({
          ...run,
          all: (sql, ...values) => (asked.push([sql, values]), run.all(sql, ...values)),
        })),
  };
}

for (const kind of ["sqlite", "postgres"] as const) {
  const ignore = kind === "postgres" && !postgresServerAvailable();
  Deno.test(`${kind}: any filter of ${EVENTS} events is answered by an index, within a second`, {
    ignore,
  }, async () => {
    await using opened = await LOGS[kind]();
    const { database } = opened;
    const startMs = performance.now();
    await fill(database, kind);
    tell(`${kind}: made in`, startMs);
    const asked: [string, SqlValue[]][] = [];
    const log = new AuditLog(noted(database, asked));
    const day = (await log.find(EVENTS / 2))?.at.slice(0, 10);
    const filters = [
      ...[{}, { actor: "actor-7" }, { action: "action-7" }, { category: "operations" }],
      ...[{ category: "security-events" }, { outcome: "refused" }],
      ...[{ actor: "actor-0", outcome: "refused" }],
      ...[{ actor: "actor-7", action: "action-9" }, { from: day, to: day }],
      ...[{ actor: "actor-7", from: day, to: day }, { actor: "nobody" }],
      ...[{ category: "data-access", outcome: "refused", from: day }],
      ...[{ actor: "actor-7", category: "security-events" }, { action: "none", to: day }],
      ...[{ action: "action-7", category: "security-events" }, { before: EVENTS / 2 }],
      ...[{ actor: "actor-7", before: 1000 }, { actor: "actor-7", outcome: "done" }],
      ...[{ category: "operations", before: 1000 }, { action: "action-7", before: 1000 }],
      ...[{ category: "operations", from: day, before: EVENTS / 2 }],
      ...NOT_DONE,
    ] as const;
    for (const filter of filters) {
      asked.length = 0;
      const startMs = performance.now();
      const ms = await cpuMsOf(async () => void await log.list({ limit: 100, ...filter }));
      tell(`${kind}: ${JSON.stringify(filter)}`, startMs);
      assert.ok(ms < MS_MAX, `${JSON.stringify(filter)} took ${ms} ms`);
      for (const [sql, values] of asked.slice()) {
        const { explain, slow }: Dialect = DIALECTS[kind];
        const plan = await database.transaction("read", ({ all }) => all(explain + sql, ...values));
        const text = plan.map((row) => String(row["detail"] ?? row["QUERY PLAN"])).join("\n");
        assert.doesNotMatch(text, slow, `${JSON.stringify(filter)}: ${text}`);
        // SQLite searches by one upper bound, and reads on to another.
        assert.doesNotMatch(sql, /position <\s/);
        const few = NOT_DONE.some((each) => each === filter) && sql.includes("SELECT event");
        if (few) assert.match(text, /events_(actor|action|category)_not_done/);
      }
    }
    const counts = await log.count({});
    assert.equal(counts.reduce((sum, { events }) => sum + events, 0), EVENTS);
    const third = (await log.find(Math.round(EVENTS / 3)))?.at;
    for (const filter of [{}, { category: "operations" }, { from: third, to: day }] as const) {
      asked.length = 0;
      const startMs = performance.now();
      const ms = await cpuMsOf(async () => void await log.count(filter));
      tell(`${kind}: count ${JSON.stringify(filter)}`, startMs);
      assert.ok(ms < MS_MAX, `count ${JSON.stringify(filter)} took ${ms} ms`);
      const read = asked.filter(([sql]) => /FROM events.*GROUP BY/s.test(sql));
      assert.equal(read.length, "from" in filter ? 1 : 0);
      for (const [, [first, last]] of read) {
        assert.ok(Number(last) - Number(first) <= EVENTS / 30 / 24, "more than an hour is read");
      }
    }
  });
}

function tell(what: string, startMs: number): void {
  if (IS_LONG) console.log(`${what} ${Math.round((performance.now() - startMs) * 10) / 10} ms`);
}
