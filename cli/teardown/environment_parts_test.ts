import assert from "node:assert/strict";
import { openCache } from "@ssmd/cache";
import { openClientStore } from "@ssmd/gateway/access";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { clientStoreConfig, type Deployment, INSTRUMENT_STORE } from "@ssmd/metadata";
import { announceRunning, sleep, SsmdError } from "@ssmd/runtime";
import { folderStorage } from "@ssmd/storage";
import { openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { redisServerAvailable, startRedisServer } from "../../tests/servers/redis_server.ts";
import {
  postgresServerAvailable,
  startPostgresServer,
} from "../../tests/servers/postgres_server.ts";
import { findParts } from "./environment_parts.ts";

const ignore = !natsServerAvailable() || !redisServerAvailable();
const MINE = "demo";
/** Its name begins with that of the other one. */
const OTHERS = "demo-nats";

function deploymentOf(env: string, at: { nats: string; redis: string; dataDir: string }) {
  return {
    environment: { name: env, gateway: {} },
    transport: { type: "nats", url: [at.nats], stream: {}, shards: [] },
    storage: { type: "local", path: at.dataDir },
    cache: { type: "redis", url: at.redis },
    dataDir: at.dataDir,
  } as unknown as Deployment;
}

/** The server notices within a moment that a reader is gone. */
async function whenStopped<T>(find: () => Promise<T>): Promise<T> {
  const untilMs = Date.now() + 60_000;
  for (;;) {
    try {
      return await find();
    } catch (error) {
      const isRunning = error instanceof SsmdError && error.code === "ENV_RUNNING";
      if (!isRunning || Date.now() > untilMs) throw error;
      await sleep(50);
    }
  }
}

Deno.test("a teardown removes all of an environment, and nothing of one with a like name", {
  ignore,
}, async () => {
  const [nats, redis] = await Promise.all([startNatsServer(), startRedisServer()]);
  const dataDir = await Deno.makeTempDir();
  const at = { nats: nats.url, redis: redis.url, dataDir };
  const storage = folderStorage(dataDir);
  try {
    for (const env of [MINE, OTHERS]) {
      await fillArchive(storage, env);
      for (const folder of ["jobs", "clients", `spool/${env}/kraken-1`]) {
        await Deno.mkdir(`${dataDir}/${folder}`, { recursive: true });
      }
      for (const file of [`jobs/${env}.sqlite`, `clients/${env}.sqlite-wal`]) {
        await Deno.writeTextFile(`${dataDir}/${file}`, "x");
      }
      await Deno.writeTextFile(`${dataDir}/spool/${env}/kraken-1/a.spool`, "x");
      const transport = await openTransport({ type: "nats", url: nats.url }, { env });
      const publisher = transport.publisher();
      publisher.publish({ subject: `${env}.a.b`, payload: new Uint8Array(1), id: "m1-1-0" });
      await publisher.flush();
      await (await transport.keyValue(INSTRUMENT_STORE)).put("a", new Uint8Array(1));
      if (env === MINE) {
        // Whoever reads the stream may be an archiver that writes.
        const reader = await transport.consume({
          ...{ name: "archiver-main", filters: [`${env}.>`] },
          ...{ onMessage: () => {}, onHole: () => {} },
        });
        // Its request is with the server.
        await transport.state();
        await assert.rejects(findParts(deploymentOf(MINE, at)), { code: "ENV_RUNNING" });
        await reader.close();
      }
      await transport.close();
      const cache = await openCache({ type: "redis", url: redis.url }, env);
      await cache.set("a", "1");
      await cache.close();
    }
    const others = async () => {
      await using found = await findParts(deploymentOf(OTHERS, at));
      return found.parts;
    };
    const before = await others();
    {
      const leave = await announceRunning(dataDir, {
        ...{ env: MINE, component: "up", pid: Deno.pid, url: "http://127.0.0.1:1" },
        started_at: new Date().toISOString(),
      });
      await assert.rejects(findParts(deploymentOf(MINE, at)), { code: "ENV_RUNNING" });
      await leave();
    }
    await using found = await whenStopped(() => findParts(deploymentOf(MINE, at)));
    assert.deepEqual(found.parts.map(({ where, what }) => `${where} ${what}`), [
      ...["bus ssmd-demo", "bus KV_ssmd-demo-secmaster"],
      ...["storage raw/demo/", "storage normalized/demo/"],
      ...["spool/demo", "jobs/demo.sqlite", "clients/demo.sqlite-wal"].map((path) =>
        `disk ${dataDir}/${path}`
      ),
      "cache demo:*",
    ]);
    await found.remove();
    await using left = await findParts(deploymentOf(MINE, at));
    assert.deepEqual(left.parts.map(({ where }) => where), ["cache"]);
    assert.deepEqual(await others(), before);
    for (const [env, value] of [[MINE, undefined], [OTHERS, "1"]] as const) {
      const cache = await openCache({ type: "redis", url: redis.url }, env);
      assert.equal(await cache.get("a"), value);
      await cache.close();
    }
  } finally {
    await storage.close();
    await Promise.all([nats.stop(), redis.stop()]);
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a teardown drops the tables of clients in PostgreSQL, and leaves the audit log", {
  ignore: !postgresServerAvailable(),
}, async () => {
  await using server = await startPostgresServer();
  const dataDir = await Deno.makeTempDir();
  const deployment = (name: string) => {
    const clients = { type: "postgres", url: server.url.replace("//", `//${server.user}@`) };
    return {
      environment: { name, gateway: { clients }, keys: {} },
      ...{ transport: { type: "memory" }, storage: { type: "memory" }, cache: { type: "memory" } },
      dataDir,
    } as unknown as Deployment;
  };
  const open = async (name: string) =>
    await openClientStore(await clientStoreConfig(deployment(name).environment, { dataDir }));
  const shown = async (name: string) => {
    await using found = await findParts(deployment(name));
    return found.parts.map(({ where, what, items }) => `${where} ${what} ${items}`);
  };
  assert.deepEqual(await shown("mine"), []);
  for (const name of ["mine", "other"]) await (await open(name)).close();
  await server.query('CREATE TABLE "ssmd_mine".events (x TEXT)');
  const address = server.url.replace("postgres://", "");
  assert.deepEqual(await shown("mine"), [
    `database ${address} schema ssmd_mine: clients, sessions, usage 11`,
  ]);
  await server.query(
    `INSERT INTO "ssmd_mine".runs VALUES ('r', extract(epoch FROM now()) * 1000, 1, 1)`,
  );
  await assert.rejects(findParts(deployment("mine")), { code: "ENV_RUNNING" });
  await server.query('DELETE FROM "ssmd_mine".runs');
  await using found = await findParts(deployment("mine"));
  await found.remove();
  assert.deepEqual(await shown("mine"), []);
  assert.equal((await shown("other")).length, 1);
  await server.query('SELECT * FROM "ssmd_mine".events');
  // It begins again from nothing.
  await (await open("mine")).close();
  await Deno.remove(dataDir, { recursive: true });
});
