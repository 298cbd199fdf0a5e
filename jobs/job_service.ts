import { nowUs } from "@ssmd/runtime";
import { DayStore } from "./day/day_store.ts";
import { jobParts, type JobsOptions } from "./job_parts.ts";
import { JobStore } from "./job_store.ts";
import { JobRunner } from "./runner.ts";
import { holderOf, isLocked, lockRunner, type RunnerLock } from "./runner_lock.ts";
import { schedulesOf } from "./schedule.ts";
import { Scheduler } from "./scheduler.ts";

/** Capture comes first in a process's first minute. */
const QUIET_MS = 60_000;

/** Options of {@linkcode JobService}. */
interface JobServiceOptions extends JobsOptions {
  /** Delay before schedules request jobs; default one minute. */
  quietMs?: number;
}

/** Returns the path of an environment's job store. */
export function jobsPath(dataDir: string, env: string): string {
  return `${dataDir}/jobs/${env}.sqlite`;
}

/** Opens an environment's job store. Throws StorageError `JOB_STORE_FAILED`. */
export async function openJobs(dataDir: string, env: string): Promise<JobStore> {
  await Deno.mkdir(`${dataDir}/jobs`, { recursive: true });
  return new JobStore(jobsPath(dataDir, env));
}

/** Opens an environment's trading days. Throws StorageError `JOB_STORE_FAILED`. */
export async function openDays(dataDir: string, env: string): Promise<DayStore> {
  await Deno.mkdir(`${dataDir}/jobs`, { recursive: true });
  return new DayStore(jobsPath(dataDir, env));
}

/** Returns the lock file of the process that runs the jobs. */
export function jobsLockPath(dataDir: string, env: string): string {
  return `${dataDir}/jobs/${env}.lock`;
}

/** Describes who runs a folder's jobs when {@linkcode JobService.start} gave undefined. */
export async function jobsHolder(dataDir: string, env: string): Promise<string> {
  return await holderOf(jobsLockPath(dataDir, env));
}

/** Describes the process that runs a folder's jobs now; undefined when there is none. */
export async function runningJobs(dataDir: string, env: string): Promise<string | undefined> {
  return await isLocked(jobsLockPath(dataDir, env)) ? await jobsHolder(dataDir, env) : undefined;
}

/**
 * Runs an environment's jobs and requests those due by schedule. Only one process per data folder
 * does.
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
    const { environment, quietMs = QUIET_MS } = options;
    this.store = store;
    this.days = days;
    this.#lock = lock;
    const notBeforeUs = nowUs() + quietMs * 1000;
    const scheduler = new Scheduler({
      ...{ env: environment.name, store, nowUs, schedules: schedulesOf(environment), notBeforeUs },
    });
    const { look, ...parts } = jobParts(options, { board: store, days, notBeforeUs });
    this.#runner = new JobRunner({
      ...{ store, ...parts },
      onTick: async () => {
        // Run first, so that days it ends are not requested again by the schedules.
        await look();
        scheduler.tick();
      },
    });
  }

  /** Starts the service; undefined if another process runs these jobs. Throws StorageError. */
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

  /** Interrupts a running job, which resumes on the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner.close();
    this.#lock.release();
    this.days[Symbol.dispose]();
    this.store[Symbol.dispose]();
  }
}
