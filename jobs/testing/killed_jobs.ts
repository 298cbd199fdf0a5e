/**
 * Runs the jobs of a folder until one is over, and kills itself as by kill -9 at a point of a step:
 * `begins`, `worked` (what it did is not recorded) or `done`. Arguments: folder, job, point. @module
 */
import { loadEnvironment } from "@ssmd/metadata";
import { createLogger, Metrics } from "@ssmd/runtime";
import { JobService } from "../job_service.ts";
import { JobStore } from "../job_store.ts";

const [dataDir = "", job = "", point = ""] = Deno.args;
const registryDir = new URL("../../exchanges", import.meta.url).pathname;

const killAt = (reached: string) => {
  if (reached === point) Deno.kill(Deno.pid, "SIGKILL");
};

const { endStep } = JobStore.prototype;
JobStore.prototype.endStep = function (id, name, ended) {
  killAt(`${name} worked`);
  endStep.call(this, id, name, ended);
};

const logger = createLogger({
  level: "debug",
  format: "json",
  write(line) {
    const { step, event } = JSON.parse(line);
    if (step !== undefined) killAt(`${step} ${event}`);
  },
});

const jobs = await JobService.start({
  environment: {
    ...await loadEnvironment(registryDir, "demo"),
    journal: { type: "file", path: `${dataDir}/journal` },
    retention: { raw_days: 1, normalized_days: 1 },
    schedule: { auto_roll: false },
  },
  ...{ dataDir, registryDir, logger, metrics: new Metrics("jobs") },
  storage: { type: "local", path: dataDir },
});
if (jobs === undefined) Deno.exit(3);
const isOver = () => ["done", "failed"].includes(jobs.store.find(job)?.state ?? "");
while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 20));
await jobs[Symbol.asyncDispose]();
