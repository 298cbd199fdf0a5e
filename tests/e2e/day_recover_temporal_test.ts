import assert from "node:assert/strict";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { END_DAY, newJob, openBoard, openDays } from "@ssmd/jobs";
import { loadEnvironment } from "@ssmd/metadata";
import { nowUs } from "@ssmd/runtime";
import { folderStorage } from "@ssmd/storage";
import { startTemporalServer, temporalServerAvailable } from "../servers/temporal_server.ts";
import { Folder, runSsmd, verify } from "./_process.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const DAY = "2026-08-01";

/** A registry whose demo has its jobs on a Temporal server; its folder. */
async function writeProject(project: string, address: string): Promise<void> {
  const from = `${ROOT}exchanges`;
  const copied = await new Deno.Command("cp", { args: ["-r", from, project] }).output();
  assert.ok(copied.success);
  const file = `${project}/exchanges/environments/demo.yaml`;
  const scheduler = `\nscheduler: { type: temporal, address: "${address}" }\n`;
  await Deno.writeTextFile(file, scheduler, { append: true });
}

Deno.test("a day whose worker of Temporal was killed in its seal is completed by day recover", {
  ignore: !temporalServerAvailable(),
  ...{ sanitizeOps: false, sanitizeResources: false },
}, async () => {
  await using server = await startTemporalServer();
  await using folder = new Folder();
  const [project, dataDir] = [folder.path, `${folder.path}/data`];
  await writeProject(project, server.address);
  const storage = folderStorage(dataDir);
  await fillArchive(storage, "demo", DAY);
  await storage.close();
  const environment = await loadEnvironment(`${project}/exchanges`, "demo");
  using board = await openBoard(environment, dataDir);
  const input = { feed: "kraken", version: "v1", day: DAY };
  const job = newJob(END_DAY, { env: "demo", input, nowUs: nowUs() });
  await board.enqueue(job);
  const startWorker = (point: string) =>
    new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--frozen", "--no-check", `${ROOT}jobs/testing/killed_jobs.ts`],
        ...[dataDir, job.id, point, server.address],
      ],
      ...{ stdout: "null", stderr: "inherit" },
    }).spawn();
  // It ends itself as by kill -9 once the seal is made and nobody knows of it.
  assert.equal((await startWorker("seal worked").status).signal, "SIGKILL");
  const stateOf = async () => {
    using days = await openDays(dataDir, "demo");
    return days.find("kraken", DAY).state;
  };
  assert.equal(await stateOf(), "ending");
  const worker = startWorker("");
  const typed = ["day", "recover", "--env", "demo", "--data", dataDir, "--output", "json"];
  const { code, output } = await runSsmd(typed, { cwd: project });
  assert.equal((await worker.status).code, 0);
  assert.equal(code, 0, output);
  assert.match(output, /"state": "complete"/);
  assert.equal(await stateOf(), "complete");
  const names = (await board.find(job.id))?.steps.map(({ name }) => name) ?? [];
  assert.ok(names.includes("seal"));
  assert.deepEqual(names, [...new Set(names)], "each step once");
  assert.equal((await verify(dataDir)).code, 0);
});
