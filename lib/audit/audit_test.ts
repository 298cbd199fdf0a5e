import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { compressFrame } from "@ssmd/archive";
import { isoOfUs, nowUs } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { chainLine, GENESIS } from "./chain.ts";
import { coldEvents, coldKey, coldKeys, readCold, rollAudit } from "./cold.ts";
import type { AuditCategory, AuditDraft } from "./event.ts";
import { AuditLog } from "./log.ts";
import { verifyAudit } from "./verify.ts";

const DAY_MS = 86_400_000;

interface Rig {
  path: string;
  log: AuditLog;
  storage: Storage;
  env: string;
}

async function withLog(body: (rig: Rig) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/audit/test.sqlite`;
  using log = new AuditLog(path);
  try {
    await body({ path, log, storage: memoryStorage(), env: "test" });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function draft(more: Partial<AuditDraft> = {}): AuditDraft {
  return {
    ...{ category: "client-actions", actor: "ann", action: "client disable", target: "desk" },
    ...{ outcome: "done", reason: "", metadata: {}, ...more },
  };
}

/** Appends events as if they had been written so many days ago, oldest first. */
function backdated({ path, log }: Rig, days: readonly [ago: number, category: AuditCategory][]) {
  const db = new DatabaseSync(path);
  let { position, link } = log.head();
  for (const [ago, category] of days) {
    const at = isoOfUs(nowUs() - ago * DAY_MS * 1000);
    const line = chainLine(link, { position: ++position, at, ...draft({ category }) });
    db.prepare("INSERT INTO events (position, event, content, link) VALUES (?, ?, ?, ?)")
      .run(position, line.event, line.content, link = line.link);
    db.prepare("UPDATE head SET position = ?, link = ?, at = ?").run(position, link, at);
  }
  db.close();
}

function change({ path }: Rig, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

Deno.test("an audit log counts on from what other processes appended, and holds", () =>
  withLog(async (rig) => {
    using other = new AuditLog(rig.path);
    for (let i = 0; i < 20; i++) (i % 2 ? rig.log : other).append([draft(), draft()]);
    const all = rig.log.list({ limit: 100 });
    assert.deepEqual(
      all.map(({ position }) => position),
      Array.from({ length: 40 }, (_, i) => 40 - i),
    );
    const { ok, events, head } = await verifyAudit(rig);
    assert.deepEqual([ok, events, head], [true, 40, rig.log.head().link]);
    assert.equal(((await Deno.stat(rig.path)).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("events are found by each filter, by day and page", () =>
  withLog((rig) => {
    const { log } = rig;
    backdated(rig, [[2, "operations"], [1, "client-actions"]]);
    log.append([
      draft({ actor: "bob", outcome: "refused", reason: "CLIENT_UNKNOWN" }),
      draft({ category: "security-events", action: "key set" }),
    ]);
    const positions = (filter: Parameters<AuditLog["list"]>[0]) =>
      log.list(filter).map(({ position }) => position);
    assert.deepEqual(positions({ limit: 9, actor: "bob" }), [3]);
    assert.deepEqual(positions({ limit: 9, action: "key set" }), [4]);
    assert.deepEqual(positions({ limit: 9, outcome: "refused", actor: "bob" }), [3]);
    assert.deepEqual(positions({ limit: 9, outcome: "done", category: "client-actions" }), [2]);
    const day = isoOfUs(nowUs() - DAY_MS * 1000).slice(0, 10);
    assert.deepEqual(positions({ limit: 9, from: day, to: day }), [2]);
    assert.deepEqual(positions({ limit: 9, to: day }), [2, 1]);
    assert.deepEqual(positions({ limit: 9, to: "2020-01-01" }), []);
    assert.deepEqual(positions({ limit: 2 }), [4, 3]);
    assert.deepEqual(positions({ limit: 2, before: 3 }), [2, 1]);
    assert.equal(log.find(3)?.reason, "CLIENT_UNKNOWN");
    assert.equal(log.count({ outcome: "done" }).reduce((sum, { events }) => sum + events, 0), 3);
    return Promise.resolve();
  }));

Deno.test("days that are over go to storage, and out of the hot log after 30 days", () =>
  withLog(async (rig) => {
    backdated(rig, [[40, "operations"], [40, "operations"], [35, "data-access"], [
      3,
      "operations",
    ]]);
    rig.log.append([draft()]);
    const { rolled } = await rollAudit(rig, Date.now());
    assert.equal(rolled.length, 3);
    assert.deepEqual((await rollAudit(rig, Date.now())).rolled, []);
    assert.deepEqual(rig.log.list({ limit: 9 }).map(({ position }) => position), [5, 4]);
    const cold = await Array.fromAsync(coldEvents(rig, { category: "operations" }, 4));
    assert.deepEqual(cold.map(({ position }) => position), [2, 1]);
    const { ok, files, events } = await verifyAudit(rig);
    assert.deepEqual([ok, files, events], [true, 3, 6], "one is in both");
    rig.log.append([draft()]);
    assert.equal(rig.log.head().position, 6);
  }));

Deno.test("what is kept for 90 days loses its text then, and the chain still holds", () =>
  withLog(async (rig) => {
    backdated(rig, [[100, "data-access"], [100, "security-events"], [50, "data-access"]]);
    rig.log.append([draft()]);
    assert.equal((await rollAudit(rig, Date.now())).expired.length, 1);
    const [key = ""] = await coldKeys(rig);
    const lines = (await readCold(rig.storage, key)).flatMap((each) => each());
    assert.deepEqual(lines.map(({ event }) => event === undefined), [true, false]);
    assert.deepEqual((await verifyAudit(rig)).findings, []);
    // The same done to what must still be kept is found.
    await rewrite(rig.storage, key, (text) => text.replace(/,"event":.*(?=\}\n$)/, ""));
    const { findings } = await verifyAudit(rig);
    assert.match(findings[0]?.finding ?? "", /Its text is gone/);
  }));

async function rewrite(storage: Storage, key: string, edit: (text: string) => string) {
  const lines = (await readCold(storage, key)).flatMap((each) => each());
  const text = edit(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await storage.put(key, compressFrame(new TextEncoder().encode(text)));
}

/** A log of days in storage and days that are hot. */
async function rolledLog(rig: Rig): Promise<string[]> {
  backdated(rig, [40, 40, 40, 38, 38, 36, 2, 2, 1].map((ago) => [ago, "operations"]));
  rig.log.append([draft(), draft(), draft()]);
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
    change(rig, `UPDATE events SET event = replace(event, 'ann', 'bob') WHERE position = 11`),
  "a removed row": (rig) => change(rig, "DELETE FROM events WHERE position = 11"),
  "the last row, removed": (rig) => change(rig, "DELETE FROM events WHERE position = 12"),
  "rows that are in storage, removed": (rig) =>
    change(rig, "DELETE FROM events WHERE position = 8"),
  "rows that changed places": (rig) =>
    change(
      rig,
      "UPDATE events SET position = -1 WHERE position = 11; UPDATE events SET position = 11 " +
        "WHERE position = 12; UPDATE events SET position = 12 WHERE position = -1",
    ),
};

for (const [what, tamper] of Object.entries(TAMPERINGS)) {
  Deno.test(`audit verify finds ${what}`, () =>
    withLog(async (rig) => {
      await tamper(rig, await rolledLog(rig));
      const { ok, findings } = await verifyAudit(rig);
      assert.equal(ok, false);
      assert.ok(findings.length > 0 && findings.length < 10, JSON.stringify(findings));
    }));
}

Deno.test("a chain that was computed anew from its first event on lacks a link noted before", () =>
  withLog(async (rig) => {
    rig.log.append([draft(), draft()]);
    const noted = rig.log.head().link;
    assert.equal((await verifyAudit(rig, noted)).ok, true);
    change(rig, `DELETE FROM events; UPDATE head SET position = 0, link = '${GENESIS}'`);
    rig.log.append([draft({ actor: "bob" }), draft()]);
    assert.equal((await verifyAudit(rig)).ok, true, "nothing else tells");
    const { ok, contains } = await verifyAudit(rig, noted);
    assert.deepEqual([ok, contains], [false, false]);
  }));

Deno.test("days are not rolled while the chain does not hold", () =>
  withLog(async (rig) => {
    backdated(rig, [[3, "operations"], [3, "operations"]]);
    change(rig, `UPDATE events SET content = '${GENESIS}' WHERE position = 2`);
    await assert.rejects(rollAudit(rig, Date.now()), { code: "AUDIT_BROKEN" });
    assert.equal(rig.log.rolledDays().length, 0);
    assert.equal(rig.log.list({ limit: 9 }).length, 2);
  }));

Deno.test(coldKey("prod", "2026-11-29"), () => {
  assert.equal(coldKey("prod", "2026-11-29"), "audit/prod/2026/11/29/events.jsonl.zst");
});
