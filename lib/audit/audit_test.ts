import assert from "node:assert/strict";
import { compressFrame } from "@ssmd/archive";
import { isoOfUs, nowUs } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { postgresServerAvailable } from "../../tests/servers/postgres_server.ts";
import { chainLine, GENESIS } from "./chain.ts";
import { coldEvents, coldKey, coldKeys, readCold, rollAudit } from "./cold.ts";
import { type AuditCategory, type AuditDraft, isSelected } from "./event.ts";
import type { AuditLog } from "./log.ts";
import { execute, LOGS, type TestLog } from "./testing/logs.ts";
import { verifyAudit } from "./verify.ts";

const DAY_MS = 86_400_000;

interface Rig extends TestLog {
  storage: Storage;
  env: string;
}

/** Registers a test for each kind of database. */
function test(promise: string, body: (rig: Rig) => Promise<void>): void {
  for (const [name, open] of Object.entries(LOGS)) {
    const ignore = name === "postgres" && !postgresServerAvailable();
    Deno.test(`${name}: ${promise}`, { ignore }, async () => {
      await using opened = await open();
      await body(Object.assign(opened, { storage: memoryStorage(), env: "test" }));
    });
  }
}

function draft(more: Partial<AuditDraft> = {}): AuditDraft {
  return {
    ...{ category: "client-actions", actor: "ann", action: "client disable", target: "desk" },
    ...{ outcome: "done", reason: "", metadata: {}, ...more },
  };
}

/** Appends events as if they had been written so many days ago, oldest first. */
async function backdated(
  { database, log }: Rig,
  days: readonly [ago: number, category: AuditCategory][],
): Promise<void> {
  let { position, link, at } = await log.head();
  await database.transaction("change", async ({ run }) => {
    for (const [ago, category] of days) {
      at = isoOfUs(nowUs() - ago * DAY_MS * 1000);
      const line = chainLine(link, { position: ++position, at, ...draft({ category }) });
      await run(
        "INSERT INTO events (position, event, content, link) VALUES ($1, $2, $3, $4)",
        ...[position, line.event, line.content, link = line.link],
      );
    }
    await run("UPDATE head SET position = $1, link = $2, at = $3", position, link, at);
  });
}

test("an audit log counts on from what other processes appended, and holds", async (rig) => {
  const logs = [rig.log, await rig.other()];
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => logs[i % 2]?.append([draft(), draft()])),
  );
  const all = await rig.log.list({ limit: 100 });
  assert.deepEqual(
    all.map(({ position }) => position),
    Array.from({ length: 40 }, (_, i) => 40 - i),
  );
  const { ok, events, head } = await verifyAudit(rig);
  assert.deepEqual([ok, events, head], [true, 40, (await rig.log.head()).link]);
});

test("events are found by each filter, by day and page", async (rig) => {
  const { log } = rig;
  await backdated(rig, [[2, "operations"], [1, "client-actions"]]);
  await log.append([
    draft({ actor: "bob", outcome: "refused", reason: "CLIENT_UNKNOWN" }),
    draft({ category: "security-events", action: "key set" }),
  ]);
  const positions = async (filter: Parameters<AuditLog["list"]>[0]) =>
    (await log.list(filter)).map(({ position }) => position);
  assert.deepEqual(await positions({ limit: 9, actor: "bob" }), [3]);
  assert.deepEqual(await positions({ limit: 9, action: "key set" }), [4]);
  assert.deepEqual(await positions({ limit: 9, outcome: "refused", actor: "bob" }), [3]);
  assert.deepEqual(await positions({ limit: 9, outcome: "done", category: "client-actions" }), [
    2,
  ]);
  const day = isoOfUs(nowUs() - DAY_MS * 1000).slice(0, 10);
  assert.deepEqual(await positions({ limit: 9, from: day, to: day }), [2]);
  assert.deepEqual(await positions({ limit: 9, to: day }), [2, 1]);
  assert.deepEqual(await positions({ limit: 9, to: "2020-01-01" }), []);
  assert.deepEqual(await positions({ limit: 2 }), [4, 3]);
  assert.deepEqual(await positions({ limit: 2, before: 3 }), [2, 1]);
  assert.equal((await log.find(3))?.reason, "CLIENT_UNKNOWN");
  assert.deepEqual(await log.count({ outcome: "done" }), [
    { category: "client-actions", outcome: "done", events: 1 },
    { category: "operations", outcome: "done", events: 1 },
    { category: "security-events", outcome: "done", events: 1 },
  ]);
});

test("counts of any span are those of its events, whatever was added or removed", async (rig) => {
  const { log } = rig;
  const days = [[40, "operations"], [3, "data-access"], [2, "operations"]] as const;
  await backdated(rig, days.map(([day, category]) => [day, category]));
  await log.append([draft({ outcome: "refused" }), draft(), draft({ category: "data-access" })]);
  const texts = async () => (await log.list({ limit: 99 })).map(({ at }) => at);
  const assertCounts = async () => {
    const ats = await texts();
    const moments = ats.filter((_, i) => i % 2 === 0).flatMap((at) => [
      ...[10, 13, 16, 23].map((end) => at.slice(0, end)),
      ...[at, `${at.slice(0, 19)}Z`],
    ]);
    const bounds = [undefined, "2020-01-01", "2099-01-01T00:00:00Z", ...new Set(moments)];
    const more = [{}, { category: "operations" }, { outcome: "refused" }] as const;
    const events = await log.list({ limit: 99 });
    for (const [i, from] of bounds.entries()) {
      for (const [j, to] of bounds.entries()) {
        const filter = { from, to, ...more[(i + j) % more.length] };
        const expected = events.filter((event) => isSelected(event, filter)).length;
        const counts = await log.count(filter);
        const sum = counts.reduce((sum, { events }) => sum + events, 0);
        assert.equal(sum, expected, JSON.stringify(filter));
        assert.equal((await log.list({ ...filter, limit: 99 })).length, expected);
      }
    }
    return events.length;
  };
  assert.equal(await assertCounts(), 6);
  await rollAudit(rig, Date.now());
  assert.equal(await assertCounts(), 5);
  const [last = ""] = await texts();
  const within = { from: `${last.slice(0, 19)}Z`, to: `${last.slice(0, 19)}Z` };
  assert.ok((await log.list({ ...within, limit: 9 })).length > 0, "a second without digits");
});

test("days that are over go to storage, and out of the hot log after 30 days", async (rig) => {
  await backdated(rig, [[40, "operations"], [40, "operations"], [35, "data-access"], [
    3,
    "operations",
  ]]);
  await rig.log.append([draft()]);
  const { rolled } = await rollAudit(rig, Date.now());
  assert.equal(rolled.length, 3);
  assert.deepEqual((await rollAudit(rig, Date.now())).rolled, []);
  assert.deepEqual((await rig.log.list({ limit: 9 })).map(({ position }) => position), [5, 4]);
  const cold = await Array.fromAsync(coldEvents(rig, { category: "operations" }, 4));
  assert.deepEqual(cold.map(({ position }) => position), [2, 1]);
  const { ok, files, events } = await verifyAudit(rig);
  assert.deepEqual([ok, files, events], [true, 3, 6], "one is in both");
  await rig.log.append([draft()]);
  assert.equal((await rig.log.head()).position, 6);
});

test("what is kept for 90 days loses its text then, and the chain still holds", async (rig) => {
  await backdated(rig, [[100, "data-access"], [100, "security-events"], [50, "data-access"]]);
  await rig.log.append([draft()]);
  assert.equal((await rollAudit(rig, Date.now())).expired.length, 1);
  const [key = ""] = await coldKeys(rig);
  const lines = (await readCold(rig.storage, key)).flatMap((each) => each());
  assert.deepEqual(lines.map(({ event }) => event === undefined), [true, false]);
  assert.deepEqual((await verifyAudit(rig)).findings, []);
  // The same done to what must still be kept is found.
  await rewrite(rig.storage, key, (text) => text.replace(/,"event":.*(?=\}\n$)/, ""));
  const { findings } = await verifyAudit(rig);
  assert.match(findings[0]?.finding ?? "", /Its text is gone/);
});

async function rewrite(storage: Storage, key: string, edit: (text: string) => string) {
  const lines = (await readCold(storage, key)).flatMap((each) => each());
  const text = edit(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await storage.put(key, compressFrame(new TextEncoder().encode(text)));
}

/** A log of days in storage and days that are hot. */
async function rolledLog(rig: Rig): Promise<string[]> {
  await backdated(rig, [40, 40, 40, 38, 38, 36, 2, 2, 1].map((ago) => [ago, "operations"]));
  await rig.log.append([draft(), draft(), draft()]);
  await rollAudit(rig, Date.now());
  assert.deepEqual((await verifyAudit(rig)).findings, []);
  return await coldKeys(rig);
}

const TAMPERINGS: Record<string, (rig: Rig, keys: string[]) => Promise<void> | void> = {
  "a flipped bit of a file": async ({ storage }, [key = ""]) => {
    const bytes = (await storage.get(key)).slice();
    bytes[bytes.length >> 1]! ^= 1;
    await storage.put(key, bytes);
  },
  "a changed line of a file": ({ storage }, [key = ""]) =>
    rewrite(storage, key, (text) => text.replace("ann", "bob")),
  "a changed line with its hash computed anew": ({ storage }, [key = ""]) =>
    rewrite(storage, key, (text) => {
      const [first = "", ...rest] = text.split("\n");
      const { event } = JSON.parse(first);
      const changed = chainLine(GENESIS, { ...JSON.parse(event), actor: "bob" });
      return [JSON.stringify(changed), ...rest].join("\n");
    }),
  "a removed line of a file": ({ storage }, [key = ""]) =>
    rewrite(storage, key, (text) => text.split("\n").toSpliced(1, 1).join("\n")),
  "the last line of a file, removed": ({ storage }, [key = ""]) =>
    rewrite(storage, key, (text) => text.split("\n").toSpliced(2, 1).join("\n")),
  "two lines of a file in other order": ({ storage }, [key = ""]) =>
    rewrite(storage, key, (text) => {
      const [a, b, ...rest] = text.split("\n");
      return [b, a, ...rest].join("\n");
    }),
  "two files that changed places": async ({ storage }, [one = "", other = ""]) => {
    const [first, second] = [await storage.get(one), await storage.get(other)];
    await storage.put(one, second);
    await storage.put(other, first);
  },
  "the first file, removed": ({ storage }, [key = ""]) => storage.delete(key),
  "a file in the middle, removed": ({ storage }, [, key = ""]) => storage.delete(key),
  "the file before the hot log, removed": ({ storage }, keys) => storage.delete(keys[2] ?? ""),
  "the newest file, removed": ({ storage }, keys) => storage.delete(keys.at(-1) ?? ""),
  "a changed row": (rig) =>
    execute(
      rig.database,
      `UPDATE events SET event = replace(event, 'ann', 'bob') WHERE position = 11`,
    ),
  "a removed row": (rig) => execute(rig.database, "DELETE FROM events WHERE position = 11"),
  "the last row, removed": (rig) => execute(rig.database, "DELETE FROM events WHERE position = 12"),
  "rows that are in storage, removed": (rig) =>
    execute(rig.database, "DELETE FROM events WHERE position = 8"),
  "rows that changed places": (rig) =>
    execute(
      rig.database,
      ...[[-1, 11], [11, 12], [12, -1]].map(([to, from]) =>
        `UPDATE events SET position = ${to} WHERE position = ${from}`
      ),
    ),
  "a changed count": (rig) =>
    execute(
      rig.database,
      "UPDATE counts SET events = events + 1 WHERE hour = (SELECT max(hour) FROM counts)",
    ),
  "a removed count": (rig) =>
    execute(rig.database, "DELETE FROM counts WHERE hour = (SELECT max(hour) FROM counts)"),
  "a count of events that are not there": (rig) =>
    execute(rig.database, "INSERT INTO counts VALUES ('2020-01-01T00', 'operations', 'done', 3)"),
};

for (const [what, tamper] of Object.entries(TAMPERINGS)) {
  test(`audit verify finds ${what}`, async (rig) => {
    await tamper(rig, await rolledLog(rig));
    const { ok, findings } = await verifyAudit(rig);
    assert.equal(ok, false);
    assert.ok(findings.length > 0 && findings.length < 10, JSON.stringify(findings));
  });
}

test("a chain that was computed anew from its first event on lacks a link noted before", async (rig) => {
  await rig.log.append([draft(), draft()]);
  const noted = (await rig.log.head()).link;
  assert.equal((await verifyAudit(rig, noted)).ok, true);
  await execute(
    rig.database,
    "DELETE FROM events",
    `UPDATE head SET position = 0, link = '${GENESIS}'`,
  );
  await rig.log.append([draft({ actor: "bob" }), draft()]);
  assert.equal((await verifyAudit(rig)).ok, true, "nothing else tells");
  const { ok, contains } = await verifyAudit(rig, noted);
  assert.deepEqual([ok, contains], [false, false]);
});

test("days are not rolled while the chain does not hold", async (rig) => {
  await backdated(rig, [[3, "operations"], [3, "operations"]]);
  await execute(rig.database, `UPDATE events SET content = '${GENESIS}' WHERE position = 2`);
  await assert.rejects(rollAudit(rig, Date.now()), { code: "AUDIT_BROKEN" });
  assert.equal((await rig.log.rolledDays()).length, 0);
  assert.equal((await rig.log.list({ limit: 9 })).length, 2);
});

Deno.test(coldKey("prod", "2026-11-29"), () => {
  assert.equal(coldKey("prod", "2026-11-29"), "audit/prod/2026/11/29/events.jsonl.zst");
});
