import type { JsonRecord } from "@ssmd/journal";
import {
  type JobsDone,
  type JobsRequest,
  jobsSubject,
  jsonResponder,
  type ScheduleInfo,
} from "@ssmd/market";
import type { Environment } from "@ssmd/metadata";
import { type Logger, messageOf, nowUs, SsmdError } from "@ssmd/runtime";
import type { Subscription, Transport } from "@ssmd/transport";
import type { Job } from "./job.ts";
import type { JobBoard } from "./job_board.ts";
import { cancelJob, requestJob, retryJob } from "./job_changes.ts";
import { nextDueUs, type Schedule } from "./schedule.ts";
import { allSchedules, triggerSchedule } from "./scheduler.ts";
import { newJob, workflowNamed } from "./workflow.ts";
import { WORKFLOW_KINDS } from "./workflows/index.ts";

/** Options of answering requests. */
interface JobResponderOptions {
  environment: Environment;
  board: JobBoard;
  logger: Logger;
}

type RunRequest = Extract<JobsRequest, { workflow: string; input: unknown }>;
type JobRequest = Extract<JobsRequest, { job: string }>;
type ScheduleRequest = Extract<JobsRequest, { schedule: string }>;

/** Serves requests about an environment's jobs over its bus, until unsubscribed. */
export function answerJobs(
  transport: Transport,
  options: JobResponderOptions,
): Promise<Subscription> {
  const responder = new JobResponder(options);
  return transport.respond(
    jobsSubject(options.environment.name),
    jsonResponder({
      code: "JOBS_FAILED",
      read: (request) => request as JobsRequest,
      act: (request) => responder.act(request),
    }),
  );
}

class JobResponder {
  #options: JobResponderOptions;

  constructor(options: JobResponderOptions) {
    this.#options = options;
  }

  async act(request: JobsRequest): Promise<JobsDone> {
    try {
      return await this.#done(request);
    } catch (error) {
      if (error instanceof SsmdError) throw error;
      this.#options.logger.error("jobs cannot be told of", { error });
      throw new SsmdError("JOBS_FAILED", messageOf(error), { hint: "See the log", cause: error });
    }
  }

  async #done(request: JobsRequest): Promise<JobsDone> {
    switch (request.action) {
      case "list": {
        const { state, workflow, limit } = request;
        return await this.#list({ state: state as Job["state"] | undefined, workflow, limit });
      }
      case "run":
        return await this.#run(request);
      case "schedules":
        return await this.#schedules(await this.#all());
      case "trigger":
      case "pause":
      case "resume":
        return await this.#ofSchedule(request);
      default:
        return await this.#ofJob(request);
    }
  }

  async #list(filter: Parameters<JobBoard["list"]>[0]): Promise<JobsDone> {
    return { ok: true, jobs: await this.#options.board.list(filter) };
  }

  async #run({ workflow, input }: RunRequest): Promise<JobsDone> {
    const { board, environment: { name: env } } = this.#options;
    const kind = workflowNamed(WORKFLOW_KINDS, workflow);
    const job = newJob(kind, { env, input: input as JsonRecord, nowUs: nowUs() });
    await requestJob(board, job);
    return await this.#found(job.id);
  }

  async #ofJob({ action, job: id }: JobRequest): Promise<JobsDone> {
    const { board } = this.#options;
    const job = await this.#job(id);
    if (action === "logs") return { ok: true, lines: await board.lines(id) };
    if (action === "cancel") await cancelJob(board, job);
    if (action === "retry") await retryJob(board, job);
    return await this.#found(id);
  }

  async #ofSchedule({ action, schedule: name }: ScheduleRequest): Promise<JobsDone> {
    const { board, environment: { name: env } } = this.#options;
    const schedule = (await this.#all()).find((each) => each.name === name);
    if (schedule === undefined) {
      throw new SsmdError("SCHEDULE_UNKNOWN", `${env} has no schedule "${name}"`, {
        hint: "`ssmd schedule list` shows the schedules",
      });
    }
    if (action === "trigger") {
      return await this.#found(await triggerSchedule(board, { env, schedule, nowUs: nowUs() }));
    }
    await board.pauseSchedule(name, action === "pause");
    return await this.#schedules([schedule]);
  }

  #all(): Promise<Schedule[]> {
    return allSchedules(this.#options.environment, this.#options.board);
  }

  async #schedules(schedules: readonly Schedule[]): Promise<JobsDone> {
    const published = schedules.map(async (schedule): Promise<ScheduleInfo> => {
      const { isPaused, lastAtUs } = await this.#options.board.schedule(schedule.name);
      const { name, title, workflow, origin, at, timezone, weekday } = schedule;
      const nextAtUs = isPaused ? null : nextDueUs(schedule, nowUs());
      return {
        ...{ name, title, workflow, origin, at, timezone, weekday },
        ...{ isPaused, lastAtUs, nextAtUs },
      };
    });
    return { ok: true, schedules: await Promise.all(published) };
  }

  async #found(id: string): Promise<JobsDone> {
    return { ok: true, jobs: [await this.#job(id)] };
  }

  async #job(id: string): Promise<Job> {
    const job = await this.#options.board.find(id);
    if (job !== undefined) return job;
    const { environment: { name } } = this.#options;
    throw new SsmdError("JOB_UNKNOWN", `${name} has no job "${id}"`, {
      hint: "`ssmd job list` shows the jobs",
    });
  }
}
