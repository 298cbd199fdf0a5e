import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { databaseContract, TEST_MIGRATIONS } from "../../tests/contract/database.ts";
import {
  type PostgresServer,
  postgresServerAvailable,
  startPostgresServer,
} from "../../tests/servers/postgres_server.ts";
import type { Database, DatabaseFault } from "./database.ts";
import { postgresDatabase } from "./postgres.ts";

const ignore = !postgresServerAvailable();
const shared: { server?: Promise<PostgresServer>; schemas: number } = { schemas: 0 };

/** A schema of its own on one server for all tests that do not hurt it. */
async function open(
  { server, schema = `test ${++shared.schemas} "x"`, ...more }:
    & { server?: PostgresServer; schema?: string }
    & Partial<Parameters<typeof postgresDatabase>[0]> = {},
): Promise<Database> {
  const { url, user } = server ?? await (shared.server ??= startPostgresServer());
  return await postgresDatabase({
    ...{ url, schema, credentials: { user }, migrations: TEST_MIGRATIONS, connectionsMax: 4 },
    ...more,
  });
}

Deno.test.afterAll(async () => await (await shared.server)?.[Symbol.asyncDispose]());

if (!ignore) {
  databaseContract("postgres", async () => ({
    database: await open(),
    remove: () => Promise.resolve(),
  }));
}

const ADD = "UPDATE counts SET number = number + 1 WHERE name = 'a'";
const INSERT = "INSERT INTO counts VALUES ($1, 0)";
const add = (database: Database) => database.transaction("change", ({ run }) => run(ADD));

async function numberIn(database: Database): Promise<number> {
  const sql = "SELECT number FROM counts WHERE name = 'a'";
  const [row] = await database.transaction("read", ({ all }) => all(sql));
  return Number(row?.["number"]);
}

/** Of which kind the failure of a promise is; undefined = it resolved. */
function faultOf(database: Database, work: Promise<unknown>): Promise<DatabaseFault | undefined> {
  return work.then(() => undefined, (error) => database.faultOf(error));
}

Deno.test({
  name: "postgres: many open an empty schema at once, and each finds it whole",
  ignore,
  fn: async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => open({ schema: "at once" })));
    await all[0]!.transaction("change", ({ run }) => run(INSERT, "a"));
    await Promise.all(all.map(add));
    assert.equal(await numberIn(all[5]!), 6);
    await Promise.all(all.map((each) => each.close()));
  },
});

Deno.test({
  name: "postgres: steps go on where the schema stands, all or none, and a newer one is refused",
  ignore,
  fn: async () => {
    const schema = "steps";
    const first = TEST_MIGRATIONS.postgres[0]!;
    const steps = (...postgres: string[]) =>
      open({ schema, migrations: { ...TEST_MIGRATIONS, postgres } });
    const second = "INSERT INTO counts VALUES ('a', 7)";
    await (await steps(first)).close();
    await assert.rejects(steps(first, second, "INSERT INTO missing VALUES (1)"));
    await assert.rejects(steps(), { code: "TEST_NEWER" });
    const other = { ...TEST_MIGRATIONS, name: "other", postgres: ["CREATE TABLE other (x TEXT)"] };
    await (await open({ schema, migrations: other })).close();
    const database = await steps(first, second);
    assert.equal(await numberIn(database), 7);
    await database.close();
    await (await steps(first, second)).close();
  },
});

Deno.test({
  name: "postgres: two that wait for each other are both done",
  ignore,
  fn: async () => {
    const database = await open();
    await database.transaction("change", ({ runEach }) => runEach(INSERT, [["a"], ["b"]]));
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const cross = async (names: readonly string[], i: number) =>
      await database.transaction("change", async ({ run }) => {
        await run("UPDATE counts SET number = number + 1 WHERE name = $1", names[0]!);
        both[i]!.resolve();
        await both[1 - i]!.promise;
        await run("UPDATE counts SET number = number + 1 WHERE name = $1", names[1]!);
      });
    await Promise.all([cross(["a", "b"], 0), cross(["b", "a"], 1)]);
    assert.equal(await numberIn(database), 2);
    await database.close();
  },
});

Deno.test({
  name: "postgres: killed and started again under load, what was acknowledged is there",
  ignore,
  fn: async () => {
    await using server = await startPostgresServer();
    const database = await open({ server });
    await database.transaction("change", ({ run }) => run(INSERT, "a"));
    const seen = { done: 0, unknown: 0, stop: false };
    const work = async () => {
      while (!seen.stop) {
        const fault = await faultOf(database, add(database));
        if (fault === undefined) seen.done++;
        else {
          assert.equal(fault, "away");
          seen.unknown++;
          await delay(5);
        }
      }
    };
    const workers = Array.from({ length: 4 }, work);
    const until = async (done: () => boolean) => {
      while (!done()) await delay(5);
    };
    for (let kills = 0; kills < 3; kills++) {
      const before = { ...seen };
      await until(() => seen.done > before.done + 20);
      await server.kill();
      await until(() => seen.unknown > before.unknown);
      await server.start();
      const after = seen.done;
      await until(() => seen.done > after);
    }
    seen.stop = true;
    await Promise.all(workers);
    const number = await numberIn(database);
    assert.ok(number >= seen.done && number <= seen.done + seen.unknown, `${number} ${seen.done}`);
    await database.close();
  },
});

Deno.test({
  name: "postgres: a server that hangs is given up in time, and found again when it goes on",
  ignore,
  fn: async () => {
    await using server = await startPostgresServer();
    const database = await open({ server, answerMsMax: 300 });
    await database.transaction("change", ({ run }) => run(INSERT, "a"));
    server.freeze();
    const faults = [
      await faultOf(database, numberIn(database)),
      await faultOf(database, add(database)),
    ];
    assert.deepEqual(faults, ["away", "away"]);
    server.thaw();
    while (await faultOf(database, numberIn(database)) !== undefined) await delay(20);
    await database.close();
  },
});

Deno.test({
  name: "postgres: a password that changed is read for the next connection; a wrong one is refused",
  ignore,
  fn: async () => {
    await using server = await startPostgresServer();
    const admin = await open({ server });
    await admin.transaction(
      "change",
      ({ run }) => run("CREATE ROLE gate LOGIN SUPERUSER PASSWORD 'first'"),
    );
    await admin.close();
    const lines =
      `host all ${server.user} 127.0.0.1/32 trust\nhost all gate 127.0.0.1/32 scram-sha-256\n`;
    await server.configureAccess(lines);
    await server.kill();
    await server.start();
    const keys = { password: "first" };
    const database = await open({
      ...{ server, schema: "gate", credentials: { user: "gate", password: "first" } },
      readCredentials: () => Promise.resolve({ user: "gate", ...keys }),
    });
    await database.transaction("change", ({ run }) => run(INSERT, "a"));
    keys.password = "second";
    await database.transaction("change", ({ run }) => run("ALTER ROLE gate PASSWORD 'second'"));
    await server.kill();
    await server.start();
    while (await faultOf(database, add(database)) !== undefined) await delay(20);
    assert.equal(await numberIn(database), 1);
    await database.close();
    const wrong = open({ server, credentials: { user: "gate", password: "first" } });
    await assert.rejects(wrong, (error) => !String(error).includes("first"));
  },
});
