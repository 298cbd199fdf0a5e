import type { Environment } from "@ssmd/metadata";
import { DAY_US, isoOfUs, type Logger, usOfIso } from "@ssmd/runtime";
import type { JobBoard } from "./job_board.ts";
import type { NewJob } from "./job.ts";
import { newJob } from "./workflow.ts";
import { END_DAY } from "./workflows/end_day.ts";
import { ROLL_DAY } from "./workflows/roll_day.ts";
import { START_DAY } from "./workflows/start_day.ts";
import type { DayJobs } from "./day/day_jobs.ts";
import type { DayRecord } from "./day/day_state.ts";

/** Interval between calendar checks. */
const LOOK_US = 10_000_000;
/** Time for a day's last records to reach the archive. */
const AFTER_END_US = 120_000_000;
/** Pause before a failed start is requested again. */
const RESTART_US = 600_000_000;

/** Options of {@linkcode DayRoller}. */
interface DayRollerOptions {
  environment: Environment;
  store: JobBoard;
  day: DayJobs;
  /** No job is requested before this time, µs. */
  notBeforeUs: number;
  logger: Logger;
}

/** Requests starts, rolls and ends of trading days by the feeds' calendars. */
export class DayRoller {
  #options: DayRollerOptions;
  #lookedUs = -Infinity;

  constructor(options: DayRollerOptions) {
    this.#options = options;
  }

  /** Checks every feed, at most once per interval. Throws the store's errors. */
  async tick(): Promise<void> {
    const { environment: { feeds, schedule }, day, notBeforeUs, logger } = this.#options;
    const atUs = day.nowUs();
    if (schedule?.auto_roll === false || atUs < notBeforeUs) return;
    // The clock may have been set back.
    if (Math.abs(atUs - this.#lookedUs) < LOOK_US) return;
    this.#lookedUs = atUs;
    for (const feed of feeds) {
      try {
        await this.#look(feed);
      } catch (error) {
        logger.warn("a feed's trading day cannot be told", { feed, error });
      }
    }
  }

  async #look(feed: string): Promise<void> {
    const { days, nowUs, services, tradingDays } = this.#options.day;
    const calendar = await tradingDays(feed);
    const atUs = nowUs();
    const current = calendar.at(atUs);
    const known = days.list({ feed });
    const isCaptured = await services() !== undefined;
    const isOpen = calendar.isOpen(atUs);
    for (const { day } of known.filter(({ state }) => state === "active").reverse()) {
      const endUs = Math.max(
        calendar.on(day)?.toUs ?? 0,
        (usOfIso(`${day}T00:00:00Z`) ?? 0) + DAY_US,
      );
      if (current === undefined || day >= current.label || atUs < endUs + AFTER_END_US) continue;
      const isRolled = isCaptured && isOpen && days.find(feed, current.label).state === "pending";
      if (isRolled) await this.#roll({ feed, day, next: current.label });
      else await this.#end({ feed, day });
    }
    if (current === undefined || !isCaptured || !isOpen) return;
    // An earlier active day means that a roll is under way, which starts this day.
    const isFollowing = known.some(({ day, state }) => day < current.label && state === "active");
    if (!isFollowing && mayStart(days.find(feed, current.label), atUs)) {
      await this.#start({ feed, day: current.label });
    }
  }

  async #roll(input: { feed: string; day: string; next: string }): Promise<void> {
    await this.#ask(newJob(ROLL_DAY, { input, ...this.#now }));
  }

  async #end(input: { feed: string; day: string }): Promise<void> {
    await this.#ask(newJob(END_DAY, { input, ...this.#now }));
  }

  async #start(input: { feed: string; day: string }): Promise<void> {
    await this.#ask(newJob(START_DAY, { input, ...this.#now }));
  }

  get #now() {
    const { environment: { name: env }, day: { nowUs } } = this.#options;
    return { env, nowUs: nowUs() };
  }

  async #ask(job: NewJob): Promise<void> {
    const { store, logger } = this.#options;
    const isNew = await store.enqueue(job);
    if (isNew) logger.debug("a trading day is due", { job: job.id, at: isoOfUs(job.nowUs) });
  }
}

function mayStart({ state, changedAtUs }: DayRecord, atUs: number): boolean {
  return state === "pending" || state === "error" && atUs >= changedAtUs + RESTART_US;
}
