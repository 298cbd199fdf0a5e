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
  /** Those of the environment's file; what was created is read from the store at each look. */
  schedules: readonly Schedule[];
  /** Wall clock, µs. */
  nowUs: () => number;
  /** Nothing is asked for by itself before this moment; what somebody asks for does not wait. */
  notBeforeUs: number;
}

/** Asks for the jobs of schedules that are due. What was due while nothing ran is asked for once. */
export class Scheduler {
  #options: SchedulerOptions;
  /** Of each schedule its last moment and its next one, µs: time zones cost too much for each look. */
  #moments = new Map<string, { lastUs: number; nextUs: number }>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Looks at every schedule once. Throws what the store throws. */
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
    const dueUs = this.#lastDueUs(schedule, nowUs);
    const isFirst = state.lastAtUs === null && !schedule.catchesUp;
    const isDue = (state.lastAtUs ?? 0) < dueUs && nowUs >= notBeforeUs;
    if (!isDue || state.isPaused) return;
    if (!isFirst) store.enqueue(jobAt({ env, schedule, atUs: dueUs, nowUs }));
    // Killed between the two, the job of that moment is asked for again under the same id.
    store.saveSchedule(schedule.name, { ...state, lastAtUs: dueUs });
  }

  #lastDueUs(schedule: Schedule, nowUs: number): number {
    const { name, at, timezone, weekday } = schedule;
    // One that was deleted and created again has other moments.
    const key = [name, at, timezone, weekday].join(" ");
    const known = this.#moments.get(key);
    if (known !== undefined && nowUs >= known.lastUs && nowUs < known.nextUs) return known.lastUs;
    const lastUs = lastDueUs(schedule, nowUs);
    this.#moments.set(key, { lastUs, nextUs: nextDueUs(schedule, nowUs) });
    return lastUs;
  }
}

/** All schedules of an environment. One of its file hides one of the same name that was created. */
export async function allSchedules(
  environment: Environment,
  board: Pick<JobBoard, "createdSchedules">,
): Promise<Schedule[]> {
  return withCreated(schedulesOf(environment), await board.createdSchedules());
}

/** Asks for a schedule's job out of turn; returns its id. */
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
    /** The moment that names the job. */
    atUs: number;
    nowUs: number;
  },
): NewJob {
  return { id: `${name}/${env}/${momentName(atUs)}`, workflow, input, nowUs };
}
