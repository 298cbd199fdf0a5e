/**
 * Runs a folder's jobs until one is over, and kills itself (SIGKILL) at a step's point: `begins`,
 * `worked` (its effect is not recorded) or `done`; or when a thread `tells` progress or has `ended`
 * (its result is not recorded). Arguments: folder, job, point, address of the Temporal server that
 * keeps the jobs or "", and the folder of a registry whose `demo-nats` to use. @module
 */
import { type Environment, loadEnvironment } from "@ssmd/metadata";
import { createLogger, Metrics } from "@ssmd/runtime";
import { DayRun } from "../day/day_run.ts";
import { openBoard } from "../open_board.ts";
import { startJobs } from "../start_jobs.ts";

const [dataDir = "", job = "", point = "", address = "", ownRegistry] = Deno.args;
const registryDir = ownRegistry ?? new URL("../../exchanges", import.meta.url).pathname;
const LOOK_MS = 50;

const killAt = (reached: string) => {
  if (reached === point) Deno.kill(Deno.pid, "SIGKILL");
};

const { step } = DayRun.prototype;
DayRun.prototype.step = function (name, work) {
  return step.call(this, name, async () => {
    const result = await work();
    killAt(`${name} worked`);
    return result;
  });
};

globalThis.Worker = class extends Worker {
  constructor(...made: ConstructorParameters<typeof Worker>) {
    super(...made);
    this.addEventListener("message", ({ data }) => "line" in data && killAt("thread tells"));
  }

  override terminate(): void {
    killAt("thread ended");
    super.terminate();
  }
};

const logger = createLogger({
  level: "debug",
  format: "json",
  write(line) {
    const { step, event } = JSON.parse(line);
    if (step !== undefined) killAt(`${step} ${event}`);
  },
});

const environment: Environment = {
  ...await loadEnvironment(registryDir, ownRegistry === undefined ? "demo" : "demo-nats"),
  journal: { type: "file", path: `${dataDir}/journal` },
  retention: { raw_days: 1, normalized_days: 1 },
  schedule: { auto_roll: false },
  ...(address === "" ? {} : { scheduler: { type: "temporal", address } }),
};

const jobs = await startJobs({
  ...{ environment, dataDir, registryDir, logger, metrics: new Metrics("jobs") },
  storage: { type: "local", path: dataDir },
});
if (jobs === undefined) Deno.exit(3);
{
  using board = await openBoard(environment, dataDir);
  const isOver = async () => ["done", "failed"].includes((await board.find(job))?.state ?? "");
  while (!await isOver()) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
await jobs[Symbol.asyncDispose]();
// Temporal's threads would keep the process alive.
Deno.exit(0);
