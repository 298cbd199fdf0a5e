import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import { DAY_MS, isoOfUs, type Logger, silentLogger } from "@ssmd/runtime";
import {
  type PostgresServer,
  postgresServerAvailable,
  startPostgresServer,
} from "../../tests/servers/postgres_server.ts";
import { memoryStorage } from "@ssmd/storage";
import { chainLine } from "./chain.ts";
import { rollAudit } from "./cold.ts";
import type { AuditDraft } from "./event.ts";
import { type AuditLocation, openAuditLog } from "./open.ts";
import { AuditQueue } from "./queue.ts";
import { newestEvents } from "./select.ts";
import { verifyAudit } from "./verify.ts";
import { openAuditWriter } from "./writer.ts";

const ignore = !postgresServerAvailable();

interface Rig {
  server: PostgresServer;
  /** The log as a machine has it. */
  locationOf(machine: string): AuditLocation;
}

async function withServer(body: (rig: Rig) => Promise<void>): Promise<void> {
  await using server = await startPostgresServer();
  const dir = await Deno.makeTempDir({ prefix: "ssmd-audit-" });
  const { url, user } = server;
  try {
    await body({
      server,
      locationOf: (machine) => ({
        ...{ type: "postgres", waitingPath: `${dir}/${machine}/prod.waiting.sqlite` },
        previousPath: `${dir}/${machine}/prod.sqlite`,
        connect: () => Promise.resolve({ url, schema: "ssmd_prod", credentials: { user } }),
      }),
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function draft(target: string): AuditDraft {
  return {
    ...{ category: "client-actions", actor: "ann", action: "client disable", target },
    ...{ outcome: "done", reason: "", metadata: {} },
  };
}

async function assertOnce(location: AuditLocation, targets: readonly string[]): Promise<void> {
  await using log = await openAuditLog(location);
  const events = await log.list({ limit: 1_000_000 });
  assert.deepEqual(events.map(({ target }) => target).sort(), [...targets].sort());
  assert.deepEqual((await verifyAudit({ env: "prod", log })).findings, []);
}

Deno.test({
  name:
    "audit: PostgreSQL is killed under two services and many commands: each event is there once",
  ignore,
  fn: () =>
    withServer(async ({ server, locationOf }) => {
      const said: string[] = [];
      const logger: Logger = { ...silentLogger, error: (message) => void said.push(message) };
      const machines = ["one", "two"];
      const queues = await Promise.all(machines.map((m) => AuditQueue.open(locationOf(m), logger)));
      const targets: string[] = [];
      const stop = { now: false };
      const add = async (queue: AuditQueue, machine: string) => {
        for (let i = 0; !stop.now; i++) {
          const target = `service ${machine} ${i}`;
          queue.add(draft(target));
          targets.push(target);
          await delay(2);
        }
      };
      const command = async (machine: string) => {
        for (let i = 0; !stop.now; i++) {
          await using writer = await openAuditWriter(locationOf(machine));
          const target = `command ${machine} ${i}`;
          await writer.append([draft(target)]);
          targets.push(target);
        }
      };
      const work = machines.flatMap((m, i) => [add(queues[i]!, m), command(m)]);
      const until = async (done: () => boolean) => {
        while (!done()) await delay(5);
      };
      for (let kills = 0; kills < 3; kills++) {
        const before = targets.length;
        await until(() => targets.length > before + 100);
        await server.kill();
        await until(() => queues.every(({ problem }) => problem !== undefined));
        const away = targets.length;
        await until(() => targets.length > away + 100);
        await server.start();
        await until(() => queues.every(({ problem }) => problem === undefined));
      }
      stop.now = true;
      await Promise.all(work);
      for (const queue of queues) await queue[Symbol.asyncDispose]();
      // What the last commands left waiting, the next writer of their machine brings.
      for (const m of machines) await (await openAuditWriter(locationOf(m)))[Symbol.asyncDispose]();
      await assertOnce(locationOf("one"), targets);
      assert.ok(said.includes("events are not in the audit log yet"));
      assert.ok(said.every((each) => each === "events are not in the audit log yet"), said.join());
    }),
});

Deno.test({
  name:
    "audit: what a service could not bring before its end comes with its next start, with its time",
  ignore,
  fn: () =>
    withServer(async ({ server, locationOf }) => {
      const location = locationOf("one");
      const queue = await AuditQueue.open(location, silentLogger);
      await server.kill();
      queue.add(draft("a\0b \ud800"));
      await assert.rejects(queue.log().then((log) => log.head()), { code: "AUDIT_AWAY" });
      assert.match(queue.problem ?? "", /does not answer/);
      await queue[Symbol.asyncDispose]();
      await using late = await AuditQueue.open(location, silentLogger);
      late.add(draft("b"));
      await late.flush();
      await server.start();
      while (late.problem !== undefined) await delay(20);
      const events = await (await late.log()).list({ limit: 9 });
      assert.deepEqual(events.map(({ target }) => target), ["b", "a\ufffdb \ufffd"]);
      const { at, metadata: { happened_at: happenedAt } } = events[1]!;
      assert.ok(String(happenedAt) < at);
      assert.equal((await verifyAudit({ env: "prod", log: await late.log() })).ok, true);
    }),
});

/** Appends to the log in a file as if an event had been written so many days ago. */
async function backdated(path: string, daysAgo: number): Promise<void> {
  const log = await openAuditLog({ type: "sqlite", path });
  const { position, link } = await log.head();
  await log[Symbol.asyncDispose]();
  const at = isoOfUs((Date.now() - daysAgo * DAY_MS) * 1000);
  const line = chainLine(link, { ...draft(`${daysAgo}`), position: position + 1, at });
  const db = new DatabaseSync(path);
  db.prepare("INSERT INTO events (position, event, content, link) VALUES (?, ?, ?, ?)")
    .run(line.position, line.event, line.content, line.link);
  db.prepare("UPDATE head SET position = ?, link = ?, at = ?").run(line.position, line.link, at);
  db.close();
}

Deno.test({
  name: "audit: an environment that moves to PostgreSQL goes on with the chain of its file, once",
  ignore,
  fn: () =>
    withServer(async ({ locationOf }) => {
      const location = locationOf("one");
      assert.ok(location.type === "postgres");
      const { previousPath: path } = location;
      const storage = memoryStorage();
      for (const daysAgo of [40, 3, 2]) await backdated(path, daysAgo);
      {
        await using file = await openAuditLog({ type: "sqlite", path });
        await rollAudit({ env: "prod", log: file, storage }, Date.now());
        await file.append([draft("today")]);
      }
      // Several processes start at once; one takes it over.
      const writers = await Promise.all([1, 2, 3].map(() => openAuditWriter(location)));
      for (const writer of writers) {
        await writer.append([draft("moved")]);
        await writer[Symbol.asyncDispose]();
      }
      await using last = await openAuditWriter(location);
      const log = await last.log();
      const source = { env: "prod", log, storage };
      assert.deepEqual((await verifyAudit(source)).findings, []);
      const targets = (await log.list({ limit: 99 })).map(({ target }) => target);
      assert.deepEqual(targets, ["moved", "moved", "moved", "today", "2", "3"]);
      assert.equal((await log.head()).position, 7);
      assert.equal((await newestEvents(source, {}, 99)).at(-1)?.target, "40", "from storage");
      assert.deepEqual((await rollAudit(source, Date.now() + DAY_MS)).rolled.length, 1);
      assert.deepEqual((await verifyAudit(source)).findings, []);
    }),
});
