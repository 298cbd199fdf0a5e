import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { clientStoreContract } from "../testing/client_store_contract.ts";
import { testClient, testEntitlement, testKey } from "../testing/accounts.ts";
import { memoryClientStore, sqliteClientStore } from "./sqlite.ts";
import { SQLITE_STEPS } from "./schema_sqlite.ts";

const dirs: string[] = [];

async function newFile(): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-clients-" });
  dirs.push(dir);
  return `${dir}/clients/demo.sqlite`;
}

/** Rows as the first version wrote them. */
const FIRST_ROWS = `
  INSERT INTO clients (id, description, role, enabled, created_at_ms, updated_at_ms)
    VALUES ('desk', '', 'client', 1, 1, 1);
  INSERT INTO api_keys (id, client, label, hash, created_at_ms) VALUES ('k1', 'desk', '', '00', 1);
  INSERT INTO entitlements (client, feed, symbols, types, created_at_ms)
    VALUES ('desk', 'f', '*', '*', 1);
  INSERT INTO runs (id, seen_at_ms) VALUES ('r1', 5);
  INSERT INTO usage VALUES ('2026-01-01', 'desk', 'f', 'trade', 1);`;

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
  db.exec(`PRAGMA user_version = ${SQLITE_STEPS.length + 1}`);
  db.close();
  assert.throws(() => sqliteClientStore(path), { code: "CLIENT_STORE_NEWER" });
  const garbage = await newFile();
  await Deno.mkdir(garbage.slice(0, garbage.lastIndexOf("/")));
  await Deno.writeTextFile(garbage, "no database\n".repeat(1000));
  assert.throws(() => sqliteClientStore(garbage), { code: "CLIENT_STORE_FAILED" });
  assert.match(await Deno.readTextFile(garbage), /^no database/);
});

for (const [version] of SQLITE_STEPS.entries()) {
  Deno.test(`sqlite: a file of version ${version} keeps what it has, and works on`, async () => {
    const path = await newFile();
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")));
    const db = new DatabaseSync(path);
    for (const step of SQLITE_STEPS.slice(0, version)) db.exec(step);
    db.exec(`PRAGMA user_version = ${version}`);
    if (version > 0) db.exec(FIRST_ROWS);
    db.close();
    const store = sqliteClientStore(path);
    const { clients, keys, entitlements } = await store.load();
    const kept = version === 0 ? [] : ["desk"];
    assert.deepEqual(clients, kept.map((id) => testClient(id)));
    assert.deepEqual(keys, kept.map((id) => testKey("k1", id)));
    assert.deepEqual(entitlements, kept.map((id) => ({ ...testEntitlement(id, "f"), id: 1 })));
    assert.deepEqual(
      await store.runs(),
      kept.map(() => ({ id: "r1", pid: 0, seenAtMs: 5, revision: 0 })),
    );
    assert.equal((await store.usage({})).length, kept.length);
    const late = testClient("late", { use: "trading" });
    await store.apply(await store.revision(), [{ put: "client", client: late }]);
    assert.equal((await store.load()).clients.length, kept.length + 1);
    await store.close();
  });
}
