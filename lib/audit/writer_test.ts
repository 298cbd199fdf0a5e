import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { type Logger, silentLogger } from "@ssmd/runtime";
import {
  type PostgresServer,
  postgresServerAvailable,
  startPostgresServer,
} from "../../tests/servers/postgres_server.ts";
import type { AuditDraft } from "./event.ts";
import { type AuditLocation, openAuditLog } from "./open.ts";
import { AuditQueue } from "./queue.ts";
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
