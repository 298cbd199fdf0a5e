import { openServiceCache } from "@ssmd/cache";
import { findRegistry } from "@ssmd/metadata";
import { runService, SsmdError, untilSignal } from "@ssmd/runtime";
import { openService, serveService, serviceFlags } from "@ssmd/service";
import { JobService, jobsHolder } from "./mod.ts";
import type { JobsOptions } from "./job_parts.ts";

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

async function startJobs(options: JobsOptions): Promise<AsyncDisposable | undefined> {
  const { name: env, scheduler } = options.environment;
  // Nothing is captured here that must not be disturbed.
  if (scheduler?.type !== "temporal") return await JobService.start({ ...options, quietMs: 0 });
  // Its packages, with code of its own outside of Deno's sandbox, are loaded here only.
  const { TemporalJobs } = await import("./temporal/temporal_jobs.ts");
  const { queueOf } = await import("./temporal/temporal_board.ts");
  return await TemporalJobs.start(options, queueOf(env, scheduler));
}

async function runsElsewhere(dataDir: string, env: string): Promise<SsmdError> {
  const holder = await jobsHolder(dataDir, env);
  return new SsmdError("JOBS_RUNNING", `${holder} runs the jobs of ${dataDir}`, {
    hint: "One is enough: an `up` runs them, too. Choose another folder with --data",
  });
}
