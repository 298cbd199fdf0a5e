import assert from "node:assert/strict";
import { memoryStorage } from "@ssmd/storage";
import { FEED_DAY, fillArchive } from "../testing/archive_fixtures.ts";
import { AnswerRows } from "./testing/answer_rows.ts";
import { answerRecords, type RecordQuery } from "./record_query.ts";

async function ask(more: Partial<RecordQuery> = {}) {
  const storage = memoryStorage();
  await fillArchive(storage);
  const answer = new AnswerRows();
  const reported = await answerRecords({
    ...{ storage, env: FEED_DAY.env, table: "trades", symbols: [], span: {}, rowsMax: null },
    ...more,
  }, answer);
  await storage.close();
  const { objects: rows } = answer;
  assert.equal(rows.length, reported.rows);
  return { rows, isCut: reported.isCut };
}

Deno.test("records come straight from the archive, in order of receive time", async () => {
  const { rows, isCut } = await ask();
  assert.equal(rows.length, 1182);
  assert.equal(isCut, false);
  const times = rows.map((row) => row.received_at as string);
  assert.deepEqual(times, [...times].sort());
  assert.deepEqual(Object.keys(rows[0] ?? {}), [
    ...["symbol", "feed", "received_at", "venue_at", "sequence", "run", "connection"],
    ...["price", "size", "side"],
    "trade_id",
    "order_type",
    "is_block_trade",
  ]);
});

Deno.test("symbols, times, clocks and a limit narrow them", async () => {
  const us = (time: string) => Date.parse(`2026-08-01T${time}Z`) * 1000;
  assert.equal((await ask({ symbols: ["BTCUSD"] })).rows.length, 1182);
  assert.equal((await ask({ symbols: ["NOSUCH"] })).rows.length, 0);
  const minute = await ask({ span: { fromUs: us("02:54:00"), toUs: us("02:55:00") } });
  assert.equal(minute.rows.length, 394);
  const few = await ask({ rowsMax: 5 });
  assert.deepEqual([few.rows.length, few.isCut], [5, true]);
  assert.equal((await ask({ clock: { statuses: ["synchronized"] } })).rows.length, 0);
  assert.equal(
    (await ask({ clock: { sources: ["system"], statuses: ["unknown"] } })).rows.length,
    1182,
  );
});

Deno.test("a table without records is empty, an unknown environment is told", async () => {
  assert.deepEqual(await ask({ table: "tickers" }), { rows: [], isCut: false });
  await assert.rejects(ask({ env: "tset" }), { code: "ARCHIVE_NOT_FOUND" });
});
