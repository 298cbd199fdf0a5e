import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { clientStoreContract } from "../testing/client_store_contract.ts";
import { testClient } from "../testing/accounts.ts";
import { memoryClientStore, sqliteClientStore } from "./sqlite.ts";
import { migrate, MIGRATIONS } from "./sqlite_schema.ts";

const dirs: string[] = [];

async function newFile(): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-clients-" });
  dirs.push(dir);
  return `${dir}/clients/demo.sqlite`;
}

Deno.test.afterAll(async () => {
  for (const dir of dirs) await Deno.remove(dir, { recursive: true });
});

clientStoreContract("sqlite", async () => sqliteClientStore(await newFile()));
clientStoreContract("memory", () => Promise.resolve(memoryClientStore()));

Deno.test("sqlite: a second process sees what the first one changed, at once", async () => {
  const path = await newFile();
  const [one, two] = [sqliteClientStore(path), sqliteClientStore(path)];
  const before = await two.revision();
  await one.apply(before, [{ put: "client", client: testClient("desk") }]);
  assert.notEqual(await two.revision(), before);
  assert.deepEqual((await two.load()).clients.map(({ id }) => id), ["desk"]);
  await assert.rejects(two.apply(before, []), { code: "CLIENT_STORE_CHANGED" });
  await one.close();
  assert.equal((await two.load()).clients.length, 1);
  await two.close();
});

Deno.test("sqlite: a writer that another one keeps waiting is told so, and may try again", async () => {
  const path = await newFile();
  const store = sqliteClientStore(path, { busyMs: 10 });
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  const usage = [{ day: "2026-01-01", client: "a", feed: "f", type: "trade", messages: 1 }];
  const counted = { usage, sessions: [], keysUsed: [] };
  await assert.rejects(store.count(counted), { code: "CLIENT_STORE_BUSY", retryable: true });
  assert.equal((await store.load()).clients.length, 0);
  other.exec("COMMIT");
  other.close();
  await store.count(counted);
  assert.equal((await store.usage({}))[0]?.messages, 1);
  await store.close();
});

Deno.test("sqlite: the file is this user's only", async () => {
  const path = await newFile();
  const store = sqliteClientStore(path);
  await store.apply(await store.revision(), [{ put: "client", client: testClient("desk") }]);
  for (const name of [path, `${path}-wal`]) {
    assert.equal((await Deno.stat(name)).mode! & 0o777, 0o600, name);
  }
  await store.close();
});

Deno.test("sqlite: a file of a newer version and rubbish are refused with what to do", async () => {
  const path = await newFile();
  await sqliteClientStore(path).close();
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  db.close();
  assert.throws(() => sqliteClientStore(path), { code: "CLIENT_STORE_NEWER" });
  const garbage = await newFile();
  await Deno.mkdir(garbage.slice(0, garbage.lastIndexOf("/")));
  await Deno.writeTextFile(garbage, "no database\n".repeat(1000));
  assert.throws(() => sqliteClientStore(garbage), { code: "CLIENT_STORE_FAILED" });
  assert.match(await Deno.readTextFile(garbage), /^no database/);
});

Deno.test("sqlite: migrations go on where the file stands, each step whole or not at all", async () => {
  const path = await newFile();
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")));
  const db = new DatabaseSync(path);
  const first = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)";
  const second = "ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = 'new'";
  migrate(db, path, [first]);
  migrate(db, path, [first, second]);
  migrate(db, path, [first, second]);
  assert.deepEqual({ ...db.prepare("SELECT * FROM a").get() }, { x: 1, y: "new" });
  const broken = "INSERT INTO a VALUES (2, 'half'); INSERT INTO missing VALUES (1)";
  assert.throws(() => migrate(db, path, [first, second, broken]));
  assert.equal(db.prepare("SELECT count(*) AS n FROM a").get()?.["n"], 1);
  assert.equal(db.prepare("PRAGMA user_version").get()?.["user_version"], 2);
  db.close();
});

Deno.test("sqlite: a file of an earlier version keeps its clients, and none is disconnected", async () => {
  const path = await newFile();
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")));
  const db = new DatabaseSync(path);
  migrate(db, path, MIGRATIONS.slice(0, 1));
  db.exec("INSERT INTO clients VALUES ('desk', '', 'client', 1, NULL, NULL, NULL, 1, 1)");
  db.exec("INSERT INTO runs VALUES ('r1', 5)");
  db.close();
  const store = sqliteClientStore(path);
  assert.deepEqual((await store.load()).clients, [testClient("desk")]);
  assert.deepEqual(await store.runs(), [{ id: "r1", pid: 0, seenAtMs: 5, revision: 0 }]);
  await store.close();
});
