import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { cpuMsOf } from "../../tests/contract/cpu_time.ts";
import { AuditLog } from "./log.ts";

/** Events of the log; `SSMD_AUDIT_EVENTS=10000000` is the long form (7 GB, some minutes). */
const EVENTS = Number(Deno.env.get("SSMD_AUDIT_EVENTS") ?? 100_000);
const MS_MAX = 1000;

/** Fills a log with events of 30 days: 500 actors, 50 actions, one in 1,000 refused. */
function fill(path: string): void {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA synchronous = OFF");
  db.exec(`INSERT INTO events (position, event, content, link)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${EVENTS})
    SELECT i, json_object('position', i,
      'at', strftime('%Y-%m-%dT%H:%M:%S', 1790000000 + i * 2592000 / ${EVENTS}, 'unixepoch') || '.000000Z',
      'category', CASE i % 3 WHEN 0 THEN 'client-actions' WHEN 1 THEN 'data-access' ELSE 'operations' END,
      'actor', 'actor-' || (i * 7919 % 500), 'action', 'action-' || (i * 104729 % 50), 'target', 'x',
      'outcome', iif(i % 1000 = 0, 'refused', 'done'), 'reason', '', 'metadata', json_object()),
      '', '' FROM n`);
  db.close();
}

Deno.test(`any filter of a log of ${EVENTS} events answers within a second`, async () => {
  const dir = await Deno.makeTempDir();
  try {
    using log = new AuditLog(`${dir}/test.sqlite`);
    fill(log.path);
    const day = log.find(EVENTS / 2)?.at.slice(0, 10);
    const filters = [
      ...[{}, { actor: "actor-7" }, { action: "action-7" }, { category: "operations" }],
      ...[{ outcome: "refused" }, { actor: "actor-0", outcome: "refused" }],
      ...[{ actor: "actor-7", action: "action-9" }, { from: day, to: day }],
      ...[{ actor: "actor-7", from: day, to: day }, { actor: "nobody" }],
      ...[{ category: "data-access", outcome: "refused", from: day }],
      ...[{ actor: "actor-7", category: "security-events" }, { action: "none", to: day }],
    ] as const;
    for (const filter of filters) {
      let events: readonly unknown[] = [];
      const ms = await cpuMsOf(() => events = log.list({ limit: 100, ...filter }));
      assert.ok(ms < MS_MAX, `${JSON.stringify(filter)} took ${ms} ms`);
      if (Deno.env.has("SSMD_AUDIT_EVENTS")) {
        console.log(JSON.stringify(filter), events.length, `${Math.round(ms * 10) / 10} ms`);
      }
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
