import {
  type Job,
  type JobBoard,
  JobService,
  openBoard,
  requestJob,
  usesTemporal,
} from "@ssmd/jobs";
import { dataDirOf, type Environment } from "@ssmd/metadata";
import { createLogger, Metrics, sleep, SsmdError } from "@ssmd/runtime";
import { archiveConfig } from "../archive/open_archive.ts";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { dir, text } from "../command/flag.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";
import { registryDirOf } from "../registry_dir.ts";
import { type JobView, jobView } from "./job_view.ts";

/** Poll interval of a job that another process runs, ms. */
const LOOK_MS = 200;

/** Flags that locate the jobs. */
export const JOB_FLAGS = {
  env: ENVIRONMENT,
  data: dir("Data folder, as in up --data; default: the environment's"),
};

/** Job id argument. */
export const JOB_ID = text("Id of the job, as in `ssmd job list`", {
  placeholder: "job",
  required: true,
});

/** Values of {@linkcode JOB_FLAGS}. */
export interface JobLocation {
  env: string;
  data?: string | undefined;
}

/** Jobs of an environment and their store. */
export interface EnvironmentJobs extends Disposable {
  environment: Environment;
  dataDir: string;
  store: JobBoard;
}

/** Opens the jobs of an environment; may be empty. Throws ConfigError, StorageError. */
export async function openEnvironmentJobs(
  context: SsmdContext,
  { env, data }: JobLocation,
): Promise<EnvironmentJobs> {
  const registry = await Registry.open(context.globals);
  const environment = environmentOf(registry, env);
  const dataDir = dataDirOf(environment, data);
  const store = await openBoard(environment, dataDir);
  return { environment, dataDir, store, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

/** Finds a job by id. Throws UsageError `JOB_UNKNOWN`. */
export async function jobOfId({ store, environment }: EnvironmentJobs, id: string): Promise<Job> {
  const job = await store.find(id);
  if (job !== undefined) return job;
  throw new UsageError("JOB_UNKNOWN", `${environment.name} has no job "${id}"`, {
    hint: "`ssmd job list` shows the jobs",
  });
}

/**
 * Waits until jobs and the jobs they request are finished. Runs them here if no other process runs
 * the environment's jobs. Throws ConfigError for an environment with memory storage.
 */
export async function finishJobs(
  context: SsmdContext,
  { environment, dataDir, store }: EnvironmentJobs,
  idsOf: () => readonly string[] | Promise<readonly string[]>,
): Promise<void> {
  const wait = async () => {
    while (await anyOpen(store, await idsOf())) await sleep(LOOK_MS);
  };
  if (usesTemporal(environment)) {
    await store.assertWorker?.();
    return await wait();
  }
  const registryDir = await registryDirOf(context.globals);
  await using service = await JobService.start({
    ...{ environment, registryDir, dataDir },
    storage: await archiveConfig({
      env: environment.name,
      registryDir,
      ...dataOf(environment, dataDir),
    }),
    logger: createLogger({ level: "error" }),
    metrics: new Metrics("jobs"),
    // Schedules are left to the long-running process.
    quietMs: Infinity,
  });
  if (service === undefined) notice(context, "another process runs the jobs of this folder");
  await wait();
}

/** Runs a job now and waits until it is finished. Throws like {@linkcode finishJobs}. */
export async function runJob(
  context: SsmdContext,
  jobs: EnvironmentJobs,
  job: Parameters<JobBoard["enqueue"]>[0],
): Promise<JobView> {
  await requestJob(jobs.store, job);
  await finishJobs(context, jobs, () => [job.id]);
  return jobView(await jobOfId(jobs, job.id));
}

function dataOf({ storage }: Environment, dataDir: string): { data?: string } {
  return storage.type === "local" ? { data: dataDir } : {};
}

async function anyOpen(store: JobBoard, ids: readonly string[]): Promise<boolean> {
  for (const id of ids) {
    const state = (await store.find(id))?.state;
    if (state === "queued" || state === "running") return true;
  }
  return false;
}

/** Throws `STORAGE_NOT_SHARED` for an environment with memory storage. */
export function assertKept({ name, storage }: Environment): void {
  if (storage.type !== "memory") return;
  throw new SsmdError("STORAGE_NOT_SHARED", `Environment ${name} keeps its files in memory`, {
    hint: "Choose an environment with local or s3 storage",
  });
}
