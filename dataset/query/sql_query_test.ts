import assert from "node:assert/strict";
import { changedManifest, openManifest, saveManifest } from "@ssmd/archive";
import { sealDay } from "@ssmd/dataset/seal";
import { folderStorage, memoryStorage, type Storage } from "@ssmd/storage";
import { rowsOf } from "../../tests/servers/duckdb.ts";
import { FEED_DAY, fillArchive } from "../testing/archive_fixtures.ts";
import { askEngine } from "./engine_process.ts";
import { AnswerRows } from "./testing/answer_rows.ts";
import { type Answered, answerSql, type SqlQuery } from "./sql_query.ts";

/** An archive, and a way to ask it. */
interface Asked {
  storage: Storage;
  cacheDir: string;
  ask(sql: string, more?: Partial<SqlQuery>): Promise<Omit<Answered, "rows"> & { rows: unknown[] }>;
}

async function withArchive(body: (requested: Asked) => Promise<void>): Promise<void> {
  const storage = memoryStorage();
  const cacheDir = await Deno.makeTempDir({ prefix: "ssmd-cache-" });
  const ask = async (sql: string, more: Partial<SqlQuery> = {}) => {
    const answer = new AnswerRows();
    const answered = await answerSql({
      ...{
        sql,
        storage,
        env: FEED_DAY.env,
        span: {},
        rowsMax: null,
        memoryBytesMax: 256e6,
        cacheDir,
      },
      ...more,
    }, answer);
    return { ...answered, rows: answer.objects as unknown[] };
  };
  try {
    await fillArchive(storage);
    await body({ storage, cacheDir, ask });
  } finally {
    await storage.close();
    await Deno.remove(cacheDir, { recursive: true });
  }
}

Deno.test("SQL sees every record of the archive, and days are exported once", async () => {
  await withArchive(async ({ storage, ask }) => {
    const { files } = await openManifest(storage, { kind: "normalized", ...FEED_DAY });
    const trades = files.filter(({ type }) => type === "trade");
    const count = trades.reduce((sum, file) => sum + file.count, 0);
    const sql = "select count(*) as n, min(feed) as feed, min(received_at) as first from trades";
    const first = await ask(sql);
    assert.deepEqual(first.rows, [{
      n: count,
      feed: "kraken",
      first: "2026-08-01T02:53:50.001000Z",
    }]);
    assert.equal(first.exported, 1);
    const again = await ask(sql);
    assert.deepEqual([again.rows, again.exported], [first.rows, 0]);
  });
});

Deno.test("series are tables of SQL, made as asked for and once", async () => {
  await withArchive(async ({ ask }) => {
    const received = (await ask("select sum(size) as size, count(*) as n from trades")).rows;
    const sql =
      "select sum(volume) as size, sum(trades)::bigint as n, max(gap) as gap, count(*) as bars from bars";
    const hours = await ask(sql, { series: { every: "1h" } });
    const [bar] = hours.rows as { size: number; n: number; gap: boolean; bars: number }[];
    const [trades] = received as { size: number; n: number }[];
    assert.deepEqual([bar?.size.toFixed(6), bar?.n, bar?.gap, bar?.bars], [
      ...[trades?.size.toFixed(6), trades?.n, true, 1],
    ]);
    assert.equal(hours.exported, 1);
    assert.equal((await ask(sql, { series: { every: "1h" } })).exported, 0);
    assert.equal((await ask(sql, { series: { every: "1s" } })).exported, 1, "another series");
    const book = await ask("select * from book", { series: { depth: 2 } });
    assert.deepEqual(book.rows, [], "there are no books in it");
    assert.equal((await ask("select bid_price from top_of_book")).rows.length, 0);
  });
});

async function sealAll(storage: Storage, tempDir: string): Promise<void> {
  await sealDay({
    ...{ storage, ...FEED_DAY, software: { version: "0.1.0", commit: "test" }, force: true },
    ...{ tempDir, nowUs: () => Date.parse("2026-08-03") * 1000 },
  });
}

const SUMS = "select feed, symbol, count(*) as n, sum(price * size) as total, " +
  "min(received_at) as first from trades group by all order by all";

Deno.test("a sealed day of a local archive is read in place, by ssmd and by DuckDB alone", async () => {
  await withArchive(async ({ cacheDir, ask }) => {
    const windows = await ask(SUMS);
    const folder = await Deno.makeTempDir({ prefix: "ssmd-archive-" });
    const storage = folderStorage(folder);
    try {
      await fillArchive(storage);
      await sealAll(storage, cacheDir);
      await Deno.remove(cacheDir, { recursive: true });
      const sealed = await ask(SUMS, { storage });
      assert.deepEqual([sealed.rows, sealed.exported], [windows.rows, 0]);
      await assert.rejects(Deno.stat(cacheDir), Deno.errors.NotFound, "nothing was exported");
      const [symbol] = (sealed.rows as { symbol: string; n: number }[]).slice(-1);
      assert.ok(symbol);
      const narrowed = await ask("select count(*) as n from trades", {
        ...{ storage, symbols: [symbol.symbol] },
      });
      assert.deepEqual(narrowed.rows, [{ n: symbol.n }]);
      const key = "normalized/test/kraken/v1/trade/2026/08/01/day.parquet";
      const plain = await rowsOf(`select count(*) from read_parquet('${folder}/${key}')`);
      assert.deepEqual(plain, [[1182]]);
    } finally {
      await storage.close();
      await Deno.remove(folder, { recursive: true });
      await Deno.mkdir(cacheDir, { recursive: true });
    }
  });
});

Deno.test("a sealed day of another storage is fetched once as it is, beside windows of other types", async () => {
  await withArchive(async ({ storage, cacheDir, ask }) => {
    const windows = await ask(SUMS);
    await sealAll(storage, cacheDir);
    const first = await ask(SUMS);
    assert.deepEqual([first.rows, first.exported], [windows.rows, 1]);
    const again = await ask(SUMS);
    assert.deepEqual([again.rows, again.exported], [windows.rows, 0]);
  });
});

Deno.test("what the archive got since the last query is in the next one", async () => {
  await withArchive(async ({ storage, ask }) => {
    const sql = "select count(*) as n from trades";
    const before = await ask(sql);
    const manifest = await openManifest(storage, { kind: "normalized", ...FEED_DAY });
    const last = manifest.files.findLast(({ type }) => type === "trade");
    assert.ok(last);
    const kept = manifest.files.filter((file) => file !== last);
    await saveManifest(
      storage,
      changedManifest({ ...manifest, files: kept }, { writtenBy: "test", nowUs: 1 }),
    );
    const [row] = before.rows as { n: number }[];
    const after = await ask(sql);
    assert.deepEqual(after.rows, [{ n: (row?.n ?? 0) - last.count }]);
    assert.equal(after.exported, 1);
  });
});

Deno.test("a file of the cache that was changed is never read: it is made anew", async () => {
  await withArchive(async ({ cacheDir, ask }) => {
    const sql = "select sum(sequence) as n from trades";
    const { rows } = await ask(sql);
    const [entry] = await Array.fromAsync(Deno.readDir(cacheDir));
    const path = `${cacheDir}/${entry?.name}/feed=kraken/type=trade/date=2026-08-01/data.parquet`;
    const bytes = await Deno.readFile(path);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await Deno.writeFile(path, bytes);
    const again = await ask(sql);
    assert.deepEqual([again.rows, again.exported], [rows, 1]);
  });
});

Deno.test("symbols and times narrow what SQL sees", async () => {
  await withArchive(async ({ ask }) => {
    const us = (time: string) => Date.parse(`2026-08-01T${time}Z`) * 1000;
    const span = { fromUs: us("02:54:00"), toUs: us("02:55:00") };
    const sql = "select min(received_at) as first, max(received_at) as last from trades";
    assert.deepEqual((await ask(sql, { span })).rows, [{
      first: "2026-08-01T02:54:50.001000Z",
      last: "2026-08-01T02:54:50.020900Z",
    }]);
    const none = await ask("select count(*) as n from trades", { symbols: ["NOSUCH"] });
    assert.deepEqual(none.rows, [{ n: 0 }]);
    const empty = await ask("select count(*) as n from tickers");
    assert.deepEqual([empty.rows, empty.exported], [[{ n: 0 }], 0]);
  });
});

Deno.test("nothing but queries is run, and no query reaches a file, the network or a setting", async () => {
  const secret = await Deno.makeTempFile({ suffix: ".csv" });
  await Deno.writeTextFile(secret, "a,b\n1,2\n");
  const target = `${secret}.out`;
  const refused = [
    `copy trades to '${target}'`,
    `copy (select 1) to '${target}'`,
    `explain analyze copy (select 1) to '${target}'`,
    `select * from read_csv('${secret}')`,
    `select * from '${secret}'`,
    "select * from '/etc/passwd'",
    `select * from read_text('${secret}')`,
    `select * from read_blob('${secret}')`,
    `select * from read_parquet('http://127.0.0.1:1/x.parquet')`,
    `select * from sniff_csv('${secret}')`,
    `select * from glob('/etc/*')`,
    `export database '${target}'`,
    `attach '${target}'`,
    "install httpfs",
    "load httpfs",
    "set memory_limit = '100GB'",
    "set enable_external_access = true",
    "reset enable_external_access",
    "pragma enable_external_access",
    "create table x as select 1",
    "create view x as select 1",
    "call pragma_version()",
    "checkpoint",
    "select 1; select 2",
    "",
  ];
  try {
    await withArchive(async ({ ask }) => {
      for (const sql of refused) {
        await assert.rejects(ask(sql), (error: { code?: string }) => {
          assert.match(error.code ?? String(error), /^QUERY_(REFUSED|INVALID)$/, sql);
          return true;
        });
      }
    });
    await assert.rejects(Deno.stat(target), Deno.errors.NotFound);
  } finally {
    await Deno.remove(secret);
  }
});

Deno.test("a file of the cache cannot be written over by SQL", async () => {
  await withArchive(async ({ cacheDir, ask }) => {
    const count = "select count(*) as n from trades";
    const { rows } = await ask(count);
    const [entry] = await Array.fromAsync(Deno.readDir(cacheDir));
    const path = `${cacheDir}/${entry?.name}/feed=kraken/type=trade/date=2026-08-01/data.parquet`;
    const sql = `copy (select 1 from trades) to '${path}' (format parquet)`;
    await assert.rejects(ask(sql), { code: "QUERY_REFUSED" });
    await assert.rejects(ask(`explain analyze ${sql}`), { code: "QUERY_REFUSED" });
    const again = await ask(count);
    assert.deepEqual([again.rows, again.exported], [rows, 0]);
  });
});

Deno.test("wrong SQL is told with its place and the name that may have been meant", async () => {
  await withArchive(async ({ ask }) => {
    const cases: [string, RegExp, RegExp][] = [
      ["select prize\nfrom trades", /"prize".*line 1, column 8/, /Did you mean "price"/],
      ["select 1\nfrom tradez", /tradez.*line 2, column 6/, /Did you mean "trades"/],
      ["select 'ä' from nowhere_at_all", /line 1, column 17/, /tables: trades/],
      ["selec 1", /syntax error.*line 1, column 1/, /selec 1\n *\^/],
    ];
    for (const [sql, message, hint] of cases) {
      await assert.rejects(ask(sql), { code: "QUERY_INVALID", message, hint }, sql);
    }
  });
});

Deno.test("values come as JSON has them, exact where they have room", async () => {
  await withArchive(async ({ ask }) => {
    const sql = `select 9007199254740991::bigint as a, 9007199254740993::bigint as b, ` +
      `12.50::decimal(9,2) as c, 0.1::double as d, 'inf'::double as e, null as f, ` +
      `[1, null] as g, {'x': 'y'} as h, date '2026-08-01' as i, time '01:02:03' as j, ` +
      `timestamp '2026-08-01 01:02:03.5' as k, timestamptz '2026-08-01 01:02:03+02' as l, ` +
      `interval 90 minute as m, map {'a': 1} as n, true as o`;
    const [row] = (await ask(sql)).rows as Record<string, unknown>[];
    assert.deepEqual({ ...row, m: undefined, n: undefined }, {
      ...{ a: 9007199254740991, b: "9007199254740993", c: 12.5, d: 0.1, e: "Infinity", f: null },
      ...{ g: [1, null], h: { x: "y" }, i: "2026-08-01", j: "01:02:03", o: true },
      k: "2026-08-01T01:02:03.500000",
      l: "2026-07-31T23:02:03.000000Z",
      ...{ m: undefined, n: undefined },
    });
  });
});

Deno.test("an answer is cut at its limit, and says so", async () => {
  await withArchive(async ({ ask }) => {
    const sql = "select * from range(5000)";
    const cut = await ask(sql, { rowsMax: 10 });
    assert.deepEqual([cut.rows.length, cut.isCut], [10, true]);
    const exact = await ask(sql, { rowsMax: 5000 });
    assert.deepEqual([exact.rows.length, exact.isCut], [5000, false]);
  });
});

Deno.test("a query that takes too long is ended, and says so", async () => {
  const temporary = await Deno.makeTempDir({ prefix: "ssmd-query-" });
  const answer = askEngine({
    sql: "select count(*) from range(100000000) a, range(100000000) b where a.range = b.range % 7",
    ...{ tables: [], loaded: [], rowsMax: null, threads: 1, memoryBytesMax: 256e6 },
    ...{ temporary, temporaryBytesMax: 1e9 },
  }, 1000);
  await assert.rejects(async () => {
    for await (const _message of answer);
  }, { code: "QUERY_TIMEOUT" });
  await Deno.remove(temporary, { recursive: true }).catch(() => {});
});

Deno.test("an engine ends when nobody wants the rest of its answer", async () => {
  const temporary = await Deno.makeTempDir({ prefix: "ssmd-query-" });
  const answer = askEngine({
    sql: "select range from range(10000000)",
    ...{ tables: [], loaded: [], rowsMax: null, threads: 1, memoryBytesMax: 256e6 },
    ...{ temporary, temporaryBytesMax: 1e9 },
  });
  const first = await answer.next();
  assert.ok(first.value && "columns" in first.value);
  // Resolves when its process has ended, long before ten million rows are told.
  await answer.return();
  assert.equal((await answer.next()).done, true);
  await Deno.remove(temporary, { recursive: true }).catch(() => {});
});
