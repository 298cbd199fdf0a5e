import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SsmdError } from "@ssmd/runtime";
import { databaseContract, TEST_MIGRATIONS } from "../../tests/contract/database.ts";
import { IN_MEMORY, migrateSqlite, sqliteDatabase } from "./sqlite.ts";

async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-database-" });
  try {
    await body(`${dir}/new/test.sqlite`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

databaseContract("memory", () => {
  const database = sqliteDatabase(IN_MEMORY, { migrations: TEST_MIGRATIONS, busyMs: 100 });
  return Promise.resolve({ database, remove: () => Promise.resolve() });
});
databaseContract("sqlite", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-database-" });
  const database = sqliteDatabase(`${dir}/test.sqlite`, {
    ...{ migrations: TEST_MIGRATIONS, busyMs: 100 },
  });
  return { database, remove: () => Deno.remove(dir, { recursive: true }) };
});

Deno.test("sqlite: steps go on where the file stands, each whole or not at all", () =>
  withFile((path) => {
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")));
    const db = new DatabaseSync(path);
    const first = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)";
    const second = "ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = 'new'";
    const migrate = (...sqlite: string[]) =>
      migrateSqlite(db, path, { ...TEST_MIGRATIONS, sqlite });
    migrate(first);
    migrate(first, second);
    migrate(first, second);
    assert.deepEqual({ ...db.prepare("SELECT * FROM a").get() }, { x: 1, y: "new" });
    const broken = "INSERT INTO a VALUES (2, 'half'); INSERT INTO missing VALUES (1)";
    assert.throws(() => migrate(first, second, broken));
    assert.equal(db.prepare("SELECT count(*) AS n FROM a").get()?.["n"], 1);
    assert.equal(db.prepare("PRAGMA user_version").get()?.["user_version"], 2);
    assert.throws(() => migrate(first), (error) => (error as SsmdError).code === "TEST_NEWER");
    db.close();
    return Promise.resolve();
  }));

Deno.test("sqlite: two that opened one file in one process do not keep each other waiting", () =>
  withFile(async (path) => {
    const open = () => sqliteDatabase(path, { migrations: TEST_MIGRATIONS, busyMs: 0 });
    const both = [open(), open()] as const;
    const add = (database: (typeof both)[number]) =>
      database.transaction("change", async ({ run, all }) => {
        await all("SELECT * FROM counts");
        await run(
          "INSERT INTO counts VALUES ('a', 1) ON CONFLICT DO UPDATE SET number = number + 1",
        );
      });
    await Promise.all(Array.from({ length: 10 }, (_, i) => add(both[i % 2 ? 0 : 1])));
    const rows = await both[0].transaction("read", ({ all }) => all("SELECT number FROM counts"));
    assert.equal(rows[0]?.["number"], 10);
    await Promise.all(both.map((each) => each.close()));
  }));
