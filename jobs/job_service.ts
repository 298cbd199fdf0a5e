import { nowUs } from "@ssmd/runtime";
import { DayStore } from "./day/day_store.ts";
import { jobParts, type JobsOptions } from "./job_parts.ts";
import { JobStore } from "./job_store.ts";
import { JobRunner } from "./runner.ts";
import { holderOf, isLocked, lockRunner, type RunnerLock } from "./runner_lock.ts";
import { schedulesOf } from "./schedule.ts";
import { Scheduler } from "./scheduler.ts";

/** The first minute of a process belongs to what it captures. */
const QUIET_MS = 60_000;

/** Options of {@linkcode JobService}. */
interface JobServiceOptions extends JobsOptions {
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
        // Before the schedules: what it ends is not asked for a second time.
        await look();
        scheduler.tick();
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
