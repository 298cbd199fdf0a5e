import { openServiceCache } from "@ssmd/cache";
import { findRegistry } from "@ssmd/metadata";
import { beginLasting, runService, SsmdError, untilSignal } from "@ssmd/runtime";
import { openService, serveService, serviceFlags } from "@ssmd/service";
import { openServiceTransport } from "@ssmd/transport";
import { answerJobs } from "./job_responder.ts";
import { jobsHolder } from "./job_service.ts";
import { openBoard } from "./open_board.ts";
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
  // Gateways read trading day statuses from it.
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
  // Jobs run without the bus; only requests need it.
  const answering = await beginLasting(() => answerOverBus(opened), {
    onFailed: (error, isFirst) => {
      if (isFirst) logger.warn("jobs cannot be requested over the bus yet", { error });
    },
  });
  stack.defer(() => answering.close());
  const scrape = serveService(flags, opened);
  stack.defer(() => scrape.close());
  logger.info("running jobs", { env: environment.name, metrics_port: scrape.port });
  return async () => logger.info("stopping", { signal: await untilSignal() });
});

/** Serves gateways' job requests over the bus. Throws the transport's and the board's errors. */
async function answerOverBus(
  { deployment: { environment, dataDir, transport: config }, logger, health }: Awaited<
    ReturnType<typeof openService>
  >,
): Promise<{ close(): Promise<void> }> {
  await using opened = new AsyncDisposableStack();
  const options = { env: environment.name, logger, health };
  const transport = await openServiceTransport(config, options);
  opened.defer(() => transport.close());
  const board = opened.use(await openBoard(environment, dataDir));
  const answering = await answerJobs(transport, { environment, board, logger });
  opened.defer(() => answering.unsubscribe());
  const moved = opened.move();
  return { close: () => moved.disposeAsync() };
}

async function runsElsewhere(dataDir: string, env: string): Promise<SsmdError> {
  const holder = await jobsHolder(dataDir, env);
  return new SsmdError("JOBS_RUNNING", `${holder} runs the jobs of ${dataDir}`, {
    hint: "One is enough: an `up` runs them, too. Choose another folder with --data",
  });
}
