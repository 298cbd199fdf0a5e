import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { ClientAdmin, type ClientStore, sqliteClientStore } from "@ssmd/gateway/access";
import { DAY_MS } from "@ssmd/runtime";
import { makeProject } from "../testing/project.ts";
import { parseMonth } from "@ssmd/gateway/report";

const START_MS = Date.parse("2026-08-01");
const COUNT = fileURLToPath(new URL("../testing/count_month.py", import.meta.url));
const CLIENTS = { desk: "display", fund: "non-display", bot: "trading", gone: "display" } as const;

/** The same numbers in every run: a linear congruence. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor(state / 2 ** 31 * below);
  };
}

/** A month of sessions and usage, with some of the days around it, as gateways write them. */
async function simulateMonth(store: ClientStore, random: (below: number) => number) {
  const names = Object.keys(CLIENTS);
  const nameAt = (i: number) => names[i % names.length] ?? "";
  for (let i = 0; i < 400; i++) {
    const startedAtMs = START_MS - 3 * DAY_MS + random(38 * DAY_MS);
    const endedAtMs = i % 40 === 0 ? null : startedAtMs + (i % 50 === 0 ? 0 : random(2 * DAY_MS));
    const session = {
      ...{ id: `r1-${i}`, run: "r1", client: nameAt(random(9)), key: "k1", address: "192.0.2.1" },
      ...{ startedAtMs, endedAtMs, reason: endedAtMs === null ? null : 'closed, "by" the client' },
    };
    const usage = Array.from({ length: 5 }, () => ({
      day: new Date(START_MS + (random(37) - 3) * DAY_MS).toISOString().slice(0, 10),
      client: session.client,
      ...[
        { feed: "kraken", type: "trade" },
        { feed: "kraken", type: "orderbook" },
        { feed: "kalshi", type: "trade" },
        { feed: "-", type: "request" },
      ][random(4)] ?? { feed: "", type: "" },
      messages: 1 + random(100_000),
    }));
    await store.count({ usage, sessions: [session], keysUsed: [] });
  }
}

/** Clients with entitlements that come, go, expire and change within the month. */
async function giveEntitlements(store: ClientStore, path: string): Promise<void> {
  let nowMs = START_MS - DAY_MS;
  const admin = new ClientAdmin(store, () => nowMs);
  const limits = {
    sessionsMax: null,
    devicesMax: null,
    requestsPerSecondMax: null,
    messagesPerDayMax: null,
  };
  const all = { symbols: "*", types: "*", expiresAtMs: null } as const;
  for (const [client, use] of Object.entries(CLIENTS)) {
    await admin.create(client, { description: 'a "desk", of two', role: "client", limits, use });
    await admin.entitle(client, { ...all, feed: "kraken" });
    nowMs += 2 * DAY_MS + 1000;
    await admin.entitle(client, {
      ...{ feed: "kalshi", symbols: "KX*", types: ["trade", "gap"] },
      expiresAtMs: nowMs + 3 * DAY_MS,
    });
  }
  await admin.revoke("desk", [1]);
  await admin.remove("gone");
  // Taken away at the time of the simulation, not of the test.
  const db = new DatabaseSync(path);
  db.exec(`UPDATE removed_entitlements SET removed_at_ms = ${START_MS + 10 * DAY_MS} + id`);
  db.close();
}

Deno.test("the package of a month opens with unzip and python, and its numbers are those of the log", async () => {
  const project = await makeProject();
  try {
    const path = `${project.dir}/data/clients/demo.sqlite`;
    const store = sqliteClientStore(path);
    await simulateMonth(store, randomOf(7));
    await giveEntitlements(store, path);
    await store.close();
    const report = "ssmd report exchange-audit --env demo --month 2026-08 --out audit.zip";
    const made = await project.sh(`${report} --output json`);
    assert.equal(made.code, 0, made.stderr);
    const { notes } = JSON.parse(made.stdout);
    assert.ok(notes.some((note: string) => note.startsWith("Entitlements that were taken away")));
    const gaps = await project.sh("ssmd data gaps --env demo --output json");
    const counted = await project.sh(
      `{ ! command -v unzip >&2 || unzip -tq audit.zip >&2; } && python3 ${COUNT} audit.zip ${path} 2026-08`,
    );
    assert.equal(counted.code, 0, counted.stderr);
    const { files, sessions, usage, gaps: packedGaps } = JSON.parse(counted.stdout);
    assert.deepEqual([files, packedGaps], [9, JSON.parse(gaps.stdout).gaps.length]);
    assert.ok(sessions > 300 && usage > 200 && packedGaps > 0, counted.stdout);
    const mode = (await Deno.stat(`${project.dir}/audit.zip`)).mode ?? 0;
    assert.equal(mode & 0o777, 0o600);
    const again = await project.sh(report);
    assert.deepEqual([again.code, /FILE_EXISTS/.test(again.stderr)], [2, true], again.stderr);
  } finally {
    await project.remove();
  }
});

Deno.test("a month is one of the calendar, and has begun", () => {
  const february = parseMonth("2024-02");
  assert.deepEqual([february.days.length, february.days.at(-1)], [29, "2024-02-29"]);
  assert.equal(february.toMs, Date.parse("2024-03-01"));
  for (const wrong of ["2024-13", "2024-2", "9999-01", "x"]) {
    assert.throws(() => parseMonth(wrong), RangeError);
  }
});
