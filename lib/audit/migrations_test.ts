import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { sqliteDatabase } from "@ssmd/database";
import { postgresServerAvailable } from "../../tests/servers/postgres_server.ts";
import { chainLine, GENESIS } from "./chain.ts";
import type { AuditEvent } from "./event.ts";
import { AuditLog } from "./log.ts";
import { AUDIT_MIGRATIONS } from "./migrations.ts";
import { execute, openPostgres } from "./testing/logs.ts";
import { verifyAudit } from "./verify.ts";

const EVENT: AuditEvent = {
  ...{ position: 1, at: "2026-01-01T00:00:00.000000Z", category: "operations", actor: "ann" },
  ...{ action: "job retry", target: "1", outcome: "done", reason: "", metadata: {} },
};
const { event, content, link } = chainLine(GENESIS, EVENT);
const ONE = [
  `INSERT INTO events (position, event, content, link) VALUES (1, '${event}', '${content}', '${link}')`,
  `UPDATE head SET position = 1, link = '${link}', at = '${EVENT.at}'`,
];

async function assertGoesOn(log: AuditLog): Promise<void> {
  const { position: _, at: __, ...draft } = EVENT;
  await log.append([draft], { writer: "w", number: 1 });
  assert.deepEqual(await log.append([draft], { writer: "w", number: 1 }), [], "twice");
  assert.deepEqual((await log.list({ limit: 9 })).map(({ position }) => position), [2, 1]);
  assert.deepEqual((await verifyAudit({ env: "test", log })).findings, []);
}

Deno.test("an audit log of every earlier version goes on in its file", async () => {
  const { sqlite } = AUDIT_MIGRATIONS;
  // Version 0 was written before versions were counted: with the tables of the first one.
  for (let version = 0; version <= sqlite.length; version++) {
    const dir = await Deno.makeTempDir();
    const db = new DatabaseSync(`${dir}/test.sqlite`);
    db.exec([...sqlite.slice(0, Math.max(1, version)), ...ONE].join(";"));
    db.exec(`PRAGMA user_version = ${version}`);
    db.close();
    const options = { migrations: AUDIT_MIGRATIONS, busyMs: 0 };
    await using log = new AuditLog(sqliteDatabase(`${dir}/test.sqlite`, options));
    await assertGoesOn(log);
    await Deno.remove(dir, { recursive: true });
  }
  const newer = { ...AUDIT_MIGRATIONS, sqlite: [] };
  const dir = await Deno.makeTempDir();
  const path = `${dir}/test.sqlite`;
  await sqliteDatabase(path, { migrations: AUDIT_MIGRATIONS, busyMs: 0 }).close();
  assert.throws(() => sqliteDatabase(path, { migrations: newer, busyMs: 0 }), {
    code: "AUDIT_NEWER",
  });
  await Deno.remove(dir, { recursive: true });
});

Deno.test({
  name: "an audit log of every earlier version goes on in PostgreSQL, and a newer one is refused",
  ignore: !postgresServerAvailable(),
  fn: async () => {
    const { postgres } = AUDIT_MIGRATIONS;
    for (let version = 1; version <= postgres.length; version++) {
      const schema = `version ${version}`;
      const steps = { ...AUDIT_MIGRATIONS, postgres: postgres.slice(0, version) };
      const old = await openPostgres(schema, steps);
      await execute(old, ...ONE);
      await old.close();
      await using log = new AuditLog(await openPostgres(schema));
      await assertGoesOn(log);
      const none = { ...AUDIT_MIGRATIONS, postgres: [] };
      await assert.rejects(openPostgres(schema, none), { code: "AUDIT_NEWER" });
    }
  },
});
