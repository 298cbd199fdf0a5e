import type { Cache } from "@ssmd/cache";
import { appendAudit, type JournalConfig, type JsonRecord } from "@ssmd/journal";
import { type Environment, journalConfig, loadFeedChecks } from "@ssmd/metadata";
import { type Logger, type Metrics, nowUs } from "@ssmd/runtime";
import type { StorageConfig } from "@ssmd/storage";
import { AuditRoller } from "./audit_roller.ts";
import { threadWorker } from "./archive_worker.ts";
import { DayRoller } from "./day_roller.ts";
import type { DayJobs } from "./day/day_jobs.ts";
import { dayJobs } from "./day/open_day_jobs.ts";
import { DayStore } from "./day/day_store.ts";
import { JobStore } from "./job_store.ts";
import { JobRunner } from "./runner.ts";
import { holderOf, isLocked, lockRunner, type RunnerLock } from "./runner_lock.ts";
import { schedulesOf } from "./schedule.ts";
import { Scheduler } from "./scheduler.ts";
import { archiveWorkflows } from "./workflows/index.ts";

/** The first minute of a process belongs to what it captures. */
const QUIET_MS = 60_000;

/** Options of {@linkcode JobService}. */
interface JobServiceOptions {
  environment: Environment;
  registryDir: string;
  /** Jobs are kept in it, and their temporary files. */
  dataDir: string;
  storage: StorageConfig;
  logger: Logger;
  metrics: Metrics;
  /** Where other processes read how days are; absent = nowhere. Not closed here. */
  cache?: Cache;
  /** Time before schedules ask for anything by themselves; default a minute. */
  quietMs?: number;
}

/** Folder of an environment's jobs. */
export function jobsPath(dataDir: string, env: string): string {
  return `${dataDir}/jobs/${env}.sqlite`;
}

/** Opens the jobs of an environment. Throws StorageError `JOB_STORE_FAILED`. */
export async function openJobs(dataDir: string, env: string): Promise<JobStore> {
  await Deno.mkdir(`${dataDir}/jobs`, { recursive: true });
  return new JobStore(jobsPath(dataDir, env));
}

/** Opens the trading days of an environment. Throws StorageError `JOB_STORE_FAILED`. */
export async function openDays(dataDir: string, env: string): Promise<DayStore> {
  await Deno.mkdir(`${dataDir}/jobs`, { recursive: true });
  return new DayStore(jobsPath(dataDir, env));
}

/** The file that the process holds that runs them. */
export function jobsLockPath(dataDir: string, env: string): string {
  return `${dataDir}/jobs/${env}.lock`;
}

/** Who runs the jobs of a folder, for a person; asked after {@linkcode JobService.start} gave undefined. */
export async function jobsHolder(dataDir: string, env: string): Promise<string> {
  return await holderOf(jobsLockPath(dataDir, env));
}

/** Who runs the jobs of a folder now, for a person; undefined = nobody. */
export async function runningJobs(dataDir: string, env: string): Promise<string | undefined> {
  return await isLocked(jobsLockPath(dataDir, env)) ? await jobsHolder(dataDir, env) : undefined;
}

/**
 * Runs an environment's jobs and asks for those that its schedules are due for. One process of a data
 * folder does; another one leaves it alone.
 */
export class JobService implements AsyncDisposable {
  readonly store: JobStore;
  #runner: JobRunner;
  readonly days: DayStore;
  #lock: RunnerLock;

  private constructor(
    options: JobServiceOptions,
    { store, days, lock }: { store: JobStore; days: DayStore; lock: RunnerLock },
  ) {
    const { environment, logger, metrics, quietMs = QUIET_MS } = options;
    const { name: env } = environment;
    const journal = journalConfig(environment);
    this.store = store;
    this.days = days;
    this.#lock = lock;
    const notBeforeUs = nowUs() + quietMs * 1000;
    const scheduler = new Scheduler({
      ...{ env, store, nowUs, schedules: schedulesOf(environment), notBeforeUs },
    });
    const day = dayJobs(options, days);
    const roller = new DayRoller({ environment, store, day, notBeforeUs, logger });
    const audit = new AuditRoller({ ...options, nowUs, notBeforeUs });
    this.#runner = new JobRunner({
      ...{ store, logger, metrics, workflows: workflowsOf(options, { store, day }) },
      record: (event) => recordEvent(journal, { env, ...event }, logger),
      onTick: async () => {
        // Before the schedules: what it ends is not asked for a second time.
        await roller.tick();
        scheduler.tick();
        await audit.tick();
      },
    });
  }

  /** Undefined = another process runs the jobs of this folder. Throws StorageError. */
  static async start(options: JobServiceOptions): Promise<JobService | undefined> {
    const { dataDir, environment: { name: env } } = options;
    const store = await openJobs(dataDir, env);
    const lock = await lockRunner(jobsLockPath(dataDir, env));
    if (lock === undefined) {
      store[Symbol.dispose]();
      return undefined;
    }
    const days = await openDays(dataDir, env);
    const service = new JobService(options, { store, days, lock });
    service.#runner.start();
    return service;
  }

  /** A job that runs is broken off and goes on with the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner.close();
    this.#lock.release();
    this.days[Symbol.dispose]();
    this.store[Symbol.dispose]();
  }
}

function workflowsOf(
  { environment, registryDir, dataDir, storage, metrics }: JobServiceOptions,
  { store, day }: { store: JobStore; day: DayJobs },
) {
  const { name: env, retention } = environment;
  const journal = journalConfig(environment);
  const failures = metrics.counter("qa_failures_total", "Failures that checks of days found", [
    "feed",
    "check",
  ]);
  return archiveWorkflows({
    ...{
      env,
      retention,
      dataDir,
      day,
      tempDir: `${dataDir}/.temp`,
      run: threadWorker(storage).run,
    },
    checksOf: (feed) => loadFeedChecks(registryDir, feed),
    onChecked: (feed, { failed }) => {
      for (const { check, failures: count } of failed as { check: string; failures: number }[]) {
        failures.inc({ feed, check }, count);
      }
    },
    recordRemoval: async (removal) => void await appendAudit(journal, "archive", removal),
    enqueue: (job) => store.enqueue({ ...job, nowUs: nowUs() }),
  });
}

/** What jobs did is told by the store as well: a journal that is away holds none of them up. */
async function recordEvent(
  journal: JournalConfig,
  event: JsonRecord,
  logger: Logger,
): Promise<void> {
  try {
    await appendAudit(journal, "day", event);
  } catch (error) {
    logger.warn("a job's event is not in the journal", { ...event, error });
  }
}
