import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { inTransaction } from "./transaction.ts";

Deno.test("a change that fails leaves nothing behind, and the database can be used again", () => {
  using db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE t (n INTEGER UNIQUE)");
  const insert = (n: number) => db.prepare("INSERT INTO t VALUES (?)").run(n);
  const numbers = () => db.prepare("SELECT n FROM t ORDER BY n").all().map(({ n }) => n);
  assert.equal(inTransaction(db, () => (insert(1), "given back")), "given back");
  assert.throws(() => inTransaction(db, () => [2, 3, 1].map(insert)), /UNIQUE/);
  assert.deepEqual([numbers(), db.isTransaction], [[1], false]);
  inTransaction(db, () => insert(2), "BEGIN");
  assert.deepEqual(numbers(), [1, 2]);
});
