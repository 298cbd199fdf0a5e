import { openServiceCache } from "@ssmd/cache";
import { findRegistry } from "@ssmd/metadata";
import { runService, SsmdError, untilSignal } from "@ssmd/runtime";
import { openService, serveService, serviceFlags } from "@ssmd/service";
import { jobsHolder } from "./job_service.ts";
import { startJobs } from "./start_jobs.ts";

const FLAGS = serviceFlags(9104);

await runService("worker", FLAGS, async (flags, stack) => {
  const opened = await openService({
    ...flags,
    component: "worker",
    metricsName: "jobs",
    usesCache: true,
  });
  const { deployment, logger, metrics, health } = opened;
  const { environment, dataDir, storage } = deployment;
  // A gateway reads in it how trading days are.
  const cache = await openServiceCache(deployment.cache, {
    ...{ env: environment.name, logger, health },
  });
  stack.defer(() => cache.close());
  const jobs = await startJobs({
    ...{ environment, dataDir, storage, cache, logger, metrics },
    registryDir: await findRegistry(Deno.cwd()),
  });
  if (jobs === undefined) throw await runsElsewhere(dataDir, environment.name);
  stack.use(jobs);
  const scrape = serveService(flags, opened);
  stack.defer(() => scrape.close());
  logger.info("running jobs", { env: environment.name, metrics_port: scrape.port });
  return async () => logger.info("stopping", { signal: await untilSignal() });
});

async function runsElsewhere(dataDir: string, env: string): Promise<SsmdError> {
  const holder = await jobsHolder(dataDir, env);
  return new SsmdError("JOBS_RUNNING", `${holder} runs the jobs of ${dataDir}`, {
    hint: "One is enough: an `up` runs them, too. Choose another folder with --data",
  });
}
