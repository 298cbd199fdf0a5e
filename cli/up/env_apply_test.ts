import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { verifyArchive } from "@ssmd/dataset/verify";
import { silentLogger } from "@ssmd/runtime";
import { startSimulator } from "@ssmd/simulator";
import { folderStorage } from "@ssmd/storage";
import { startUp, type Up } from "./up.ts";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";

const ENV = "live";
/** Markets that stay, and markets that come and go. */
const STAYS = 10;
const COMES = 100;

interface Rig {
  dir: string;
  endpoint: string;
  natsUrl?: string;
}

const nameOf = (n: number) => `S${n}USD`;

async function writeEnvironment({ dir, endpoint, natsUrl }: Rig, markets: number): Promise<void> {
  const symbols = Array.from(
    { length: markets },
    (_, n) => [nameOf(n), { feed: "kraken", external: `S${n}/USD` }] as const,
  );
  const file = {
    ...{ name: ENV, feeds: ["kraken"], schema: "v1", symbols: Object.fromEntries(symbols) },
    transport: natsUrl === undefined ? { type: "memory" } : { type: "nats", url: natsUrl },
    storage: { type: "local", path: `${dir}/data` },
    endpoints: { kraken: endpoint },
    connects: { kraken: { burst: 1000, refill: "1ms" } },
  };
  await Deno.mkdir(`${dir}/exchanges/environments`, { recursive: true });
  await Deno.writeTextFile(
    `${dir}/exchanges/environments/${ENV}.yaml`,
    JSON.stringify(file, null, 2),
  );
}

async function apply(up: Up): Promise<Record<string, unknown>> {
  const address = `${up.gatewayUrl}/v1/admin/environment/apply`;
  const response = await fetch(address, { method: "POST" });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

async function until(
  up: Up,
  condition: (stats: ReturnType<Up["feeds"]>[number]["stats"]) => boolean,
) {
  const deadlineMs = Date.now() + 240_000;
  for (;;) {
    const [feed] = up.feeds();
    if (feed !== undefined && condition(feed.stats)) return;
    assert.ok(Date.now() < deadlineMs, JSON.stringify(feed?.stats));
    await delay(20);
  }
}

async function changeRounds(rig: Rig): Promise<void> {
  await writeEnvironment(rig, STAYS);
  const up = await startUp({
    ...{ env: ENV, captures: { files: [], times: "received" }, speed: 1, port: 0 },
    ...{ dataDir: `${rig.dir}/data`, registryDir: `${rig.dir}/exchanges`, logger: silentLogger },
  });
  await until(up, ({ records, missing }) => records > 100 && missing === 0);
  for (let round = 0; round < 2; round++) {
    await writeEnvironment(rig, STAYS + COMES);
    assert.equal((await apply(up))["added"] instanceof Array, true);
    await until(
      up,
      ({ connections, connected, missing }) => connected === connections.length && missing === 0,
    );
    const { records } = up.feeds()[0]?.stats ?? { records: 0 };
    await until(up, (stats) => stats.records > records + 200);
    await writeEnvironment(rig, STAYS);
    const taken = await apply(up);
    assert.equal((taken["taken_off"] as string[]).length, COMES);
    await until(up, ({ connections }) => connections.length === 1);
  }
  assert.deepEqual((await apply(up))["added"], []);
  const [feed] = up.feeds();
  assert.equal(feed?.stats.gaps, 0, "a market that stays has a gap");
  assert.equal(feed?.stats.unreadable, 0);
  await up.close();
  const storage = folderStorage(`${rig.dir}/data`);
  const report = await verifyArchive(storage, { env: ENV });
  assert.deepEqual(report.problems, []);
  await storage.close();
}

async function withRig(body: (rig: Rig) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-apply-" });
  for (const folder of ["feeds", "schemas", "calendars", "qa"]) {
    await Deno.mkdir(`${dir}/exchanges/${folder}`, { recursive: true });
    const source = new URL(`../../exchanges/${folder}/`, import.meta.url);
    for await (const { name } of Deno.readDir(source)) {
      await Deno.copyFile(new URL(name, source), `${dir}/exchanges/${folder}/${name}`);
    }
  }
  const symbols = Array.from({ length: STAYS + COMES }, (_, n) => ({ external: `S${n}/USD` }));
  const simulator = await startSimulator({
    venue: "kraken",
    source: { type: "model", seed: 7, ratePerSecond: 300, speed: 1, symbols },
  });
  try {
    await body({ dir, endpoint: simulator.url });
  } finally {
    await simulator.close();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a hundred markets come and go twice while all runs: no gap, no record missing", () =>
  withRig(changeRounds));

Deno.test("on NATS a hundred markets come and go twice as well", {
  ignore: !natsServerAvailable(),
}, () =>
  withRig(async (rig) => {
    const server = await startNatsServer();
    try {
      await changeRounds({ ...rig, natsUrl: server.url });
    } finally {
      await server.stop();
    }
  }));
