import type { Environment } from "@ssmd/metadata";
import type { NewJob } from "./job.ts";
import type { JobBoard } from "./job_board.ts";
import type { JobStore } from "./job_store.ts";
import { lastDueUs, nextDueUs, type Schedule, schedulesOf, withCreated } from "./schedule.ts";
import { momentName } from "./workflow.ts";

/** Options of {@linkcode Scheduler}. */
interface SchedulerOptions {
  env: string;
  store: JobStore;
  /** Schedules of the environment's file; created ones are read from the store on each tick. */
  schedules: readonly Schedule[];
  /** Wall clock, µs. */
  nowUs: () => number;
  /** No job is requested automatically before this time; explicit requests do not wait. */
  notBeforeUs: number;
}

/** Requests due jobs of schedules; several missed times are requested once. */
export class Scheduler {
  #options: SchedulerOptions;
  /** Last and next due time by schedule, µs; cached, as time zone computations are slow. */
  #moments = new Map<string, { lastUs: number; nextUs: number }>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Checks every schedule. Throws the store's errors. */
  tick(): void {
    const nowUs = this.#options.nowUs();
    const { schedules, store } = this.#options;
    for (const schedule of withCreated(schedules, store.createdSchedules())) {
      this.#look(schedule, nowUs);
    }
  }

  #look(schedule: Schedule, nowUs: number): void {
    const { env, store, notBeforeUs } = this.#options;
    const state = store.schedule(schedule.name);
    const { lastUs: dueUs, nextUs } = this.#momentsAt(schedule, nowUs);
    const isFirst = state.lastAtUs === null && !schedule.catchesUp;
    // Beyond the next due time: requested while the clock was ahead, maybe by years.
    const lastAtUs = (state.lastAtUs ?? 0) > nextUs ? 0 : state.lastAtUs ?? 0;
    const isDue = lastAtUs < dueUs && nowUs >= notBeforeUs;
    if (!isDue || state.isPaused) return;
    if (!isFirst) store.enqueue(jobAt({ env, schedule, atUs: dueUs, nowUs }));
    // Killed before this line, the job is requested again under the same id.
    store.saveLastAt(schedule.name, dueUs);
  }

  #momentsAt(schedule: Schedule, nowUs: number): { lastUs: number; nextUs: number } {
    const { name, at, timezone, weekday } = schedule;
    // A recreated schedule may have other times.
    const key = [name, at, timezone, weekday].join(" ");
    const known = this.#moments.get(key);
    if (known !== undefined && nowUs >= known.lastUs && nowUs < known.nextUs) return known;
    const moments = { lastUs: lastDueUs(schedule, nowUs), nextUs: nextDueUs(schedule, nowUs) };
    this.#moments.set(key, moments);
    return moments;
  }
}

/** Returns all schedules; one in the environment's file hides a created one of its name. */
export async function allSchedules(
  environment: Environment,
  board: Pick<JobBoard, "createdSchedules">,
): Promise<Schedule[]> {
  return withCreated(schedulesOf(environment), await board.createdSchedules());
}

/** Requests a schedule's job now; returns its id. */
export async function triggerSchedule(
  board: JobBoard,
  { env, schedule, nowUs }: { env: string; schedule: Schedule; nowUs: number },
): Promise<string> {
  const job = jobAt({ env, schedule, atUs: nowUs, nowUs });
  await board.enqueue(job);
  return job.id;
}

function jobAt(
  { env, schedule: { name, workflow, input }, atUs, nowUs }: {
    env: string;
    schedule: Schedule;
    /** Time in the job's id. */
    atUs: number;
    nowUs: number;
  },
): NewJob {
  return { id: `${name}/${env}/${momentName(atUs)}`, workflow, input, nowUs };
}
