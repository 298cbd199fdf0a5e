import assert from "node:assert/strict";
import type { Database, Migrations } from "@ssmd/database";
import { SsmdError } from "@ssmd/runtime";

/** A driver on an empty database. */
interface DatabaseSubject {
  database: Database;
  /** Removes what the driver stored outside the process. */
  remove(): Promise<void>;
}

/** One table of numbers by name. */
export const TEST_MIGRATIONS: Migrations = {
  name: "test",
  sqlite: ["CREATE TABLE counts (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT"],
  postgres: ["CREATE TABLE counts (name TEXT PRIMARY KEY, number BIGINT NOT NULL)"],
  newer: (where) => new SsmdError("TEST_NEWER", where),
};

const ADD = `INSERT INTO counts (name, number) VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE SET number = counts.number + excluded.number`;
const ALL = "SELECT name, number FROM counts ORDER BY name";

const PROMISES: Readonly<Record<string, (database: Database) => Promise<void>>> = {
  "gives back what was written, large numbers and letters too": async (database) => {
    const text = `a "quoted" 'ü' \u{1F600} $1`;
    const changed = await database.transaction("change", async ({ run, runEach }) => {
      await runEach(ADD, [[text, Number.MAX_SAFE_INTEGER], ["b", -1], ["b", 3]]);
      return await run("UPDATE counts SET number = number WHERE number > $1", 1);
    });
    assert.equal(changed, 2);
    const rows = await database.transaction("read", ({ all }) => all(ALL));
    assert.deepEqual(rows.map((row) => ({ ...row })), [
      { name: text, number: Number.MAX_SAFE_INTEGER },
      { name: "b", number: 2 },
    ]);
    const [sum] = await database.transaction(
      "read",
      ({ all }) => all("SELECT count(*) AS rows FROM counts WHERE CAST($1 AS TEXT) IS NULL", null),
    );
    assert.equal(sum?.["rows"], 2);
  },

  "a transaction that rejects changes nothing": async (database) => {
    const broken = database.transaction("change", async ({ run }) => {
      await run(ADD, "a", 1);
      throw new RangeError("in the middle");
    });
    await assert.rejects(broken, RangeError);
    const twice = database.transaction("count", async ({ run }) => {
      await run("INSERT INTO counts VALUES ($1, 1)", "a");
      await run("INSERT INTO counts VALUES ($1, 1)", "a");
    });
    await assert.rejects(twice, (error) => database.faultOf(error) === "failed");
    assert.deepEqual(await database.transaction("read", ({ all }) => all(ALL)), []);
  },

  "of many at once each is whole": async (database) => {
    const add = (i: number) =>
      database.transaction(i % 2 ? "change" : "count", async ({ run, all }) => {
        await run(ADD, "a", 1);
        await all(ALL);
        await run(ADD, "b", 1);
      });
    await Promise.all(Array.from({ length: 30 }, (_, i) => add(i)));
    const rows = await database.transaction("read", ({ all }) => all(ALL));
    assert.deepEqual(rows.map((row) => row["number"]), [30, 30]);
  },

  "after close everything is refused, and close is harmless": async (database) => {
    await database.close();
    await database.close();
    const late = database.transaction("read", ({ all }) => all(ALL));
    await assert.rejects(late, (error) => database.faultOf(error) === "closed");
  },
};

/** Registers the tests that every database driver must pass. */
export function databaseContract(name: string, open: () => Promise<DatabaseSubject>): void {
  for (const [promise, body] of Object.entries(PROMISES)) {
    Deno.test(`${name}: ${promise}`, async () => {
      const { database, remove } = await open();
      try {
        await body(database);
      } finally {
        await database.close();
        await remove();
      }
    });
  }
}
