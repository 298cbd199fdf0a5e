import assert from "node:assert/strict";
import { withBusInstruments } from "@ssmd/connector";
import { type Environment, loadEnvironment } from "@ssmd/metadata";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { startSimulator } from "@ssmd/simulator";
import { openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import {
  startTemporalServer,
  temporalServerAvailable,
} from "../../tests/servers/temporal_server.ts";
import { openBoard } from "../open_board.ts";
import { startJobs } from "../start_jobs.ts";
import { copyRegistry } from "../testing/copied_registry.ts";
import { until } from "../testing/runner_cases.ts";
import { newJob } from "../workflow.ts";
import { SECMASTER_SYNC } from "./secmaster_sync.ts";

const ENV = "demo-nats";
const CHILD = new URL("../testing/killed_jobs.ts", import.meta.url).pathname;

/** Synchronizes twice, on the runner that more lines of the environment name. */
async function synchronizeTwice(lines: string): Promise<void> {
  const bus = await startNatsServer();
  const simulator = await startSimulator({ venue: "kalshi", source: { type: "model", seed: 3 } });
  const url = `http://127.0.0.1:${simulator.port}/trade-api/v2`;
  const project = await copyRegistry((text) =>
    `${text.replace("nats://127.0.0.1:4222", bus.url)}\nschedule: { auto_roll: false }\n${lines}\n`
  );
  const [registryDir, dataDir] = [`${project}/exchanges`, `${project}/data`];
  const environment = await loadEnvironment(registryDir, ENV);
  const jobs = await startJobs({
    ...{ environment, registryDir, dataDir, logger: silentLogger, metrics: new Metrics("jobs") },
    storage: { type: "local", path: dataDir },
  });
  assert.ok(jobs);
  using board = await openBoard(environment, dataDir);
  const counts = async (atUs: number) => {
    const input = { venue: "kalshi", url };
    const job = newJob(SECMASTER_SYNC, { env: ENV, input, nowUs: atUs });
    await board.enqueue(job);
    await until(async () => ["done", "failed"].includes((await board.find(job.id))?.state ?? ""));
    const { error, steps } = await board.find(job.id) ?? {};
    assert.equal(error, null);
    return steps?.find(({ name }) => name === "sync")?.result;
  };
  const first = await counts(nowUs() - 10_000_000);
  assert.ok(Number(first?.["added"]) > 0);
  const second = await counts(nowUs());
  assert.deepEqual([second?.["read"], second?.["added"]], [first?.["read"], 0]);
  const known = await withBusInstruments({ env: ENV, registryDir }, (store) => store.known());
  assert.ok(known.size >= Number(first?.["added"]));
  await jobs[Symbol.asyncDispose]();
  await simulator.close();
  await bus.stop();
  await Deno.remove(project, { recursive: true });
}

const NEEDS = { sanitizeOps: false, sanitizeResources: false };

Deno.test("a job takes over a venue's markets, and a second one finds nothing new", {
  ...{ ...NEEDS, ignore: !natsServerAvailable() },
}, () => synchronizeTwice(""));

Deno.test("so it does on Temporal", {
  ...{ ...NEEDS, ignore: !natsServerAvailable() || !temporalServerAvailable() },
}, async () => {
  await using server = await startTemporalServer();
  await synchronizeTwice(`scheduler: { type: temporal, address: "${server.address}" }`);
});

/** Kills a synchronization at its first change, and lets it go on. */
async function synchronizeKilled(address: string): Promise<void> {
  const bus = await startNatsServer();
  const simulator = await startSimulator({ venue: "kalshi", source: { type: "model", seed: 3 } });
  const project = await copyRegistry((text) => text.replace("nats://127.0.0.1:4222", bus.url));
  const [registryDir, dataDir] = [`${project}/exchanges`, `${project}/data`];
  const environment: Environment = {
    ...await loadEnvironment(registryDir, ENV),
    ...(address === "" ? {} : { scheduler: { type: "temporal", address } }),
  };
  using board = await openBoard(environment, dataDir);
  const url = `http://127.0.0.1:${simulator.port}/trade-api/v2`;
  const job = newJob(SECMASTER_SYNC, { env: ENV, input: { venue: "kalshi", url }, nowUs: nowUs() });
  await board.enqueue(job);
  const transport = await openTransport({ type: "nats", url: bus.url }, { env: ENV });
  const published: string[] = [];
  let onChange = () => {};
  await transport.subscribe([`${ENV}.secmaster.changes`], ({ payload }) => {
    published.push(JSON.parse(new TextDecoder().decode(payload)).id);
    onChange();
  });
  const run = async (killAt: number) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--frozen", "--no-check", CHILD, dataDir, job.id, "", address],
        registryDir,
      ],
      ...{ stdout: "null", stderr: "inherit" },
    }).spawn();
    onChange = () => {
      if (published.length === killAt) child.kill("SIGKILL");
    };
    return (await child.status).signal;
  };
  assert.equal(await run(1), "SIGKILL");
  assert.notEqual((await board.find(job.id))?.state, "done");
  assert.equal(await run(0), null);
  const { state, steps = [] } = await board.find(job.id) ?? {};
  assert.deepEqual([state, steps.map(({ name }) => name)], ["done", ["sync"]]);
  const known = await withBusInstruments({ env: ENV, registryDir }, (store) => store.known());
  assert.deepEqual(published.toSorted(), [...known.keys()].sort(), "each change once");
  await transport.close();
  await simulator.close();
  await bus.stop();
  await Deno.remove(project, { recursive: true });
}

Deno.test(
  "a synchronization that is killed in the middle is done once, and publishes no change twice",
  {
    ...{ ...NEEDS, ignore: !natsServerAvailable() },
  },
  () => synchronizeKilled(""),
);

Deno.test("and so it does where Temporal's worker is killed", {
  ...{ ...NEEDS, ignore: !natsServerAvailable() || !temporalServerAvailable() },
}, async () => {
  await using server = await startTemporalServer();
  await synchronizeKilled(server.address);
});
