import { openServiceCache } from "@ssmd/cache";
import { appendAudit } from "@ssmd/journal";
import { exportKeyAges, findRegistry, loadSharedDeployment } from "@ssmd/metadata";
import {
  createLogger,
  exportProcess,
  Health,
  Metrics,
  portOf,
  runService,
  serveMetrics,
  SsmdError,
  untilSignal,
} from "@ssmd/runtime";
import { JobService, jobsHolder } from "./mod.ts";

const FLAGS = {
  env: { help: "name of the environment", default: "demo-nats" },
  data: { help: "folder of jobs, temporary files and the local archive" },
  "metrics-host": { help: "interface of /metrics and /health", default: "127.0.0.1" },
  "metrics-port": { help: "port of /metrics and /health, 0 = any free one", default: "9104" },
} as const;

await runService("worker", FLAGS, async (flags) => {
  const deployment = await loadSharedDeployment({
    env: flags.env,
    signsInto: () => [],
    usesCache: true,
    onKeyAccess: async ({ journal }, access) => {
      await appendAudit(journal, "keys", { component: "worker", ...access });
    },
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
  });
  const { environment, dataDir, storage } = deployment;
  const logger = createLogger({ fields: { component: "worker" } });
  const metrics = new Metrics("jobs");
  exportProcess(metrics.registry, { component: "worker", dataDir: deployment.dataDir });
  exportKeyAges(metrics.registry, deployment);
  const signal = untilSignal();
  const health = new Health({ registry: metrics.registry });
  // A gateway reads in it how trading days are.
  const cache = await openServiceCache(deployment.cache, {
    ...{ env: environment.name, logger, health },
  });
  const jobs = await JobService.start({
    ...{ environment, dataDir, storage, cache, logger, metrics },
    registryDir: await findRegistry(Deno.cwd()),
    // Nothing is captured here that must not be disturbed.
    quietMs: 0,
  });
  if (jobs === undefined) throw await runsElsewhere(dataDir, environment.name);
  const scrape = serveMetrics({
    host: flags["metrics-host"],
    port: portOf("metrics-port", flags["metrics-port"]),
    metrics,
    health,
  });
  logger.info("running jobs", { env: environment.name, metrics_port: scrape.port });
  logger.info("stopping", { signal: await signal });
  await jobs[Symbol.asyncDispose]();
  await cache.close();
  await scrape.close();
});

async function runsElsewhere(dataDir: string, env: string): Promise<SsmdError> {
  const holder = await jobsHolder(dataDir, env);
  return new SsmdError("JOBS_RUNNING", `${holder} runs the jobs of ${dataDir}`, {
    hint: "One is enough: an `up` runs them, too. Choose another folder with --data",
  });
}
