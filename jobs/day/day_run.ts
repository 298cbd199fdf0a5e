import type { JsonRecord } from "@ssmd/journal";
import type { DayState } from "@ssmd/market";
import { messageOf, SsmdError } from "@ssmd/runtime";
import type { JobContext } from "../workflow.ts";
import type { DayJobs } from "./day_jobs.ts";

/** The day of a run. */
interface DayId {
  feed: string;
  /** Day label in the feed's calendar. */
  day: string;
}

/**
 * One job's work on a trading day. Holds the day by a fencing token and journals each step's start
 * and end. After a kill, done steps are known from the job; journal entries the killed process
 * missed are added, so that the journal has each end once.
 */
export class DayRun {
  #jobs: DayJobs;
  #context: JobContext;
  #id: DayId;
  #token = 0;
  #journaled: ReadonlySet<string> = new Set();

  constructor(jobs: DayJobs, context: JobContext, id: DayId) {
    this.#jobs = jobs;
    this.#context = context;
    this.#id = id;
  }

  /** Claims the day, or resumes it with this job's token. Throws SsmdError `DAY_STATE`. */
  async claim(to: "starting" | "ending"): Promise<void> {
    const { days, nowUs } = this.#jobs;
    const job = this.#context.job;
    const claimed = await this.#context.step("claim", () => {
      const token = days.claim({ ...this.#id, to, job, nowUs: nowUs() });
      return Promise.resolve({ token });
    });
    this.#token = claimed["token"] as number;
    // After a kill, the day may already be in the target state.
    const { state } = days.assertHeld(this.#held);
    if (state === "error" || state === "failed") days.advance(this.#held, to, { nowUs: nowUs() });
    this.#journaled = await this.#jobs.doneSteps(job, this.#token);
    await this.#publish();
  }

  /** Runs a step once. Throws SsmdError `DAY_FENCED`, and the errors of `work`. */
  async step(name: string, work: () => Promise<JsonRecord>): Promise<JsonRecord> {
    const result = await this.#context.step(name, async () => {
      this.#jobs.days.assertHeld(this.#held);
      await this.#record({ event: "begins", step: name });
      return await work();
    });
    if (!this.#journaled.has(name)) await this.#record({ event: "done", step: name, result });
    return result;
  }

  /** Advances the day to a state. Throws SsmdError `DAY_FENCED`, `DAY_STATE`. */
  async reach(state: DayState): Promise<void> {
    const { days, nowUs } = this.#jobs;
    days.advance(this.#held, state, { nowUs: nowUs() });
    await this.#publish();
  }

  /** Runs `body`; its failure sets the day's state, unless the process is ending. */
  async guarded(body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      if (!this.#context.signal.aborted && this.#token > 0) await this.#fail(error);
      throw error;
    }
  }

  async #fail(cause: unknown): Promise<void> {
    const isOurs = cause instanceof SsmdError;
    if (isOurs && cause.code === "DAY_FENCED") return;
    const error = isOurs
      ? { code: cause.code, message: cause.message, hint: cause.hint }
      : { code: "JOB_FAILED", message: messageOf(cause), hint: "See the job's log" };
    const { days, nowUs } = this.#jobs;
    const state = isOurs && cause.retryable ? "error" : "failed";
    days.advance(this.#held, state, { nowUs: nowUs(), error });
    await this.#record({ event: state, ...error });
    await this.#publish();
  }

  get #held() {
    return { ...this.#id, token: this.#token };
  }

  async #record(event: JsonRecord): Promise<void> {
    const { token, ...id } = this.#held;
    await this.#jobs.recordEvent({ ...event, ...id, token, job: this.#context.job });
  }

  async #publish(): Promise<void> {
    await this.#jobs.publish(this.#jobs.days.find(this.#id.feed, this.#id.day));
  }
}
