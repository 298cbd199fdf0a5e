import assert from "node:assert/strict";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { startGateway } from "@ssmd/gateway";
import { type Environment, loadEnvironment } from "@ssmd/metadata";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { folderStorage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import { answerJobs } from "./job_responder.ts";
import { JobService } from "./job_service.ts";
import { until } from "./testing/runner_cases.ts";
import { newJob, workflowNamed } from "./workflow.ts";
import { WORKFLOW_KINDS } from "./workflows/index.ts";

const REGISTRY = new URL("../exchanges", import.meta.url).pathname;

type Json = Record<string, unknown>;

Deno.test("jobs and schedules are seen and steered over REST by whoever runs them", async () => {
  const dataDir = await Deno.makeTempDir();
  const storage = folderStorage(dataDir);
  await fillArchive(storage, "demo");
  await storage.close();
  const transport = memoryTransport();
  const environment = { ...await loadEnvironment(REGISTRY, "demo"), journal: { type: "memory" } };
  const jobs = await JobService.start(
    {
      ...{ environment, dataDir, registryDir: REGISTRY, logger: silentLogger, quietMs: Infinity },
      ...{ storage: { type: "local", path: dataDir }, metrics: new Metrics("jobs") },
    } as Parameters<typeof JobService.start>[0],
  );
  assert.ok(jobs);
  const answering = await answerJobs(transport, {
    ...{ environment: environment as Environment, board: jobs.store, logger: silentLogger },
  });
  const gateway = await startGateway({
    ...{ env: "demo", transport, logger: silentLogger, version: "0.0.0" },
    ...{ host: "127.0.0.1", port: 0, feeds: [], markets: [], metrics: new Metrics("gateway") },
  });
  const ask = async (method: string, path: string, body?: Json) => {
    const response = await fetch(`${gateway.url}/v1/admin/${path}`, {
      method,
      ...(body === undefined ? {} : {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
    return { status: response.status, body: await response.json() as Json };
  };
  const codeOf = async (method: string, path: string, body?: Json) => {
    const { status, body: { code } } = await ask(method, path, body);
    return [status, code];
  };

  const { body: asked } = await ask("POST", "jobs", { workflow: "verify" });
  assert.equal(asked["workflow"], "verify");
  const path = `jobs/${encodeURIComponent(String(asked["job"]))}`;
  await until(async () => (await ask("GET", path)).body["state"] === "done");
  const { body: done } = await ask("GET", path);
  const [step] = done["steps"] as { name: string; result: Json }[];
  assert.deepEqual([step?.name, step?.result["ok"]], ["verify", true]);
  assert.ok(Number(done["ended_at"]) > Number(done["created_at"]));
  const { body: { jobs: listed } } = await ask("GET", "jobs?state=done&workflow=verify");
  assert.deepEqual(listed, [done]);
  const { body: { lines } } = await ask("GET", `${path}/logs`);
  assert.ok((lines as Json[]).some(({ message }) => message === "verify is done"));

  assert.deepEqual(await codeOf("POST", `${path}/cancel`), [409, "JOB_OVER"]);
  assert.deepEqual(await codeOf("POST", `${path}/retry`), [409, "JOB_NOT_OVER"]);
  assert.deepEqual(await codeOf("GET", "jobs/absent"), [404, "JOB_UNKNOWN"]);
  const none = { workflow: "none" };
  assert.deepEqual(await codeOf("POST", "jobs", none), [404, "WORKFLOW_UNKNOWN"]);
  // Ids do not name all arguments: a job in progress must not pass for one of others.
  const busy = newJob(workflowNamed(WORKFLOW_KINDS, "reprocess"), {
    ...{ env: "demo", nowUs: nowUs() + 3_600_000_000 },
    input: { feed: "kraken", version: "v2", from: "2026-08-01" },
  });
  jobs.store.enqueue(busy);
  const same = { workflow: "reprocess", input: { ...busy.input } };
  const other = { ...same, input: { ...busy.input, normalizer: "2026-08-01" } };
  assert.equal((await ask("POST", "jobs", same)).body["job"], busy.id);
  assert.deepEqual(await codeOf("POST", "jobs", other), [409, "JOB_IN_PROGRESS"]);
  jobs.store.cancel(busy.id, nowUs());
  const wrong = { workflow: "export", input: { out: "../up" } };
  assert.deepEqual(await codeOf("POST", "jobs", wrong), [400, "JOB_INPUT_INVALID"]);

  const { body: { schedules } } = await ask("GET", "schedules");
  const names = (schedules as Json[]).map(({ schedule }) => schedule);
  assert.ok(names.includes("end-days") && names.includes("verify"), String(names));
  const paused = (await ask("POST", "schedules/verify/pause")).body;
  assert.deepEqual([paused["state"], paused["next"]], ["paused", null]);
  const on = (await ask("POST", "schedules/verify/resume")).body;
  assert.ok(on["state"] === "on" && Number(on["next"]) > Date.now());
  const { body: triggered } = await ask("POST", "schedules/verify/trigger");
  assert.equal(triggered["workflow"], "verify");
  assert.deepEqual(await codeOf("POST", "schedules/none/pause"), [404, "SCHEDULE_UNKNOWN"]);

  answering.unsubscribe();
  await jobs[Symbol.asyncDispose]();
  assert.deepEqual(await codeOf("GET", "jobs"), [503, "JOBS_AWAY"]);
  await gateway.close();
  await transport.close();
  await Deno.remove(dataDir, { recursive: true });
});
