import {
  Client,
  Connection,
  type ConnectionLike,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowNotFoundError,
} from "@temporalio/client";
import { nowUs, SsmdError } from "@ssmd/runtime";
import type { Job, JobError, JobLine, JobState, NewJob, ScheduleState } from "../job.ts";
import type { JobBoard, JobFilter } from "../job_board.ts";
import type { Schedule } from "../schedule.ts";
import { type TemporalAddress, temporalAddress, unreachable } from "./connect.ts";
import { firstOf, readHistory, type RunStory, usOf } from "./history.ts";
import type { JobStart, StepProgress } from "./messages.ts";
import { createdMemo, createdOf, scheduleOptions } from "./schedule_options.ts";
import type { TemporalQueue } from "./temporal_queue.ts";

const LINES_MAX = 1_000;
/** Maximum runs of a job whose lines are read. */
const RUNS_MAX = 20;
const JOBS_MAX = 100;
/** The server closes connections after five minutes, which breaks Deno's HTTP/2. */
const RENEWED_MS = 60_000;
/** Maximum age of a live worker's last poll; workers poll at least once a minute. */
const POLLER_US = 90_000_000;

/** Temporal statuses that may correspond to a job state. */
const STATUSES: Readonly<Record<JobState, string>> = {
  queued: "'Running'",
  running: "'Running'",
  done: "'Completed'",
  failed: "'Failed', 'Terminated', 'TimedOut'",
  cancelled: "'Canceled', 'Running'",
};

/** Jobs and schedules of an environment on a Temporal server; reading them needs no worker. */
export class TemporalBoard implements JobBoard {
  #queue: TemporalQueue;
  #client: Client;
  #openedAtMs = Date.now();
  #address: TemporalAddress = { address: "" };
  /** Own connections, the current one last. */
  #connections: Connection[] = [];

  /** Uses a connection that the caller owns. */
  constructor(queue: TemporalQueue, connection: ConnectionLike) {
    this.#queue = queue;
    this.#client = new Client({ connection, namespace: queue.namespace });
  }

  /** Connects to the server. Throws SsmdError `TEMPORAL_UNREACHABLE`. */
  static async connect(queue: TemporalQueue): Promise<TemporalBoard> {
    const address = await temporalAddress(queue);
    try {
      const connection = await Connection.connect(address);
      const board = new TemporalBoard(queue, connection);
      board.#address = address;
      board.#connections.push(connection);
      return board;
    } catch (cause) {
      throw unreachable(queue, cause);
    }
  }

  get client(): Client {
    const isOurs = this.#connections.length > 0;
    if (isOurs && Date.now() - this.#openedAtMs > RENEWED_MS) this.#renew();
    return this.#client;
  }

  async enqueue({ id, workflow, input, nowUs }: NewJob): Promise<boolean> {
    try {
      await this.#start({ id, workflow }, { input, steps: [], createdAtUs: nowUs }, "FAIL");
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  async find(id: string): Promise<Job | undefined> {
    const handle = this.client.workflow.getHandle(id);
    try {
      const description = await handle.describe();
      const { runId } = description;
      const history = await this.client.workflow.getHandle(id, runId).fetchHistory();
      return jobOf(description, readHistory(history));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  async list({ state, workflow, limit = JOBS_MAX }: JobFilter = {}): Promise<Job[]> {
    const query = [
      `TaskQueue = ${quoted(this.#queue.taskQueue)}`,
      ...(workflow === undefined ? [] : [`WorkflowType = ${quoted(workflow)}`]),
      ...(state === undefined ? [] : [`ExecutionStatus IN (${STATUSES[state]})`]),
    ].join(" AND ");
    const seen = new Set<string>();
    const jobs: Job[] = [];
    for await (const { workflowId } of this.client.workflow.list({ query })) {
      // The server lists every run of a job.
      if (seen.has(workflowId)) continue;
      seen.add(workflowId);
      const job = await this.find(workflowId);
      if (job !== undefined && (state === undefined || job.state === state)) jobs.push(job);
      if (jobs.length >= limit) break;
    }
    return jobs.sort((a, b) => b.createdAtUs - a.createdAtUs);
  }

  async lines(id: string): Promise<JobLine[]> {
    const { runId, raw } = await this.client.workflow.getHandle(id).describe();
    const lines: JobLine[] = [...progressOf(raw)?.lines ?? []];
    let run: string | undefined = runId;
    for (let i = 0; i < RUNS_MAX && run !== undefined; i++) {
      const history = await this.client.workflow.getHandle(id, run).fetchHistory()
        // The server removes old runs after its retention period.
        .catch((error) => {
          if (error instanceof WorkflowNotFoundError) return { events: [] };
          throw error;
        });
      const story = readHistory(history);
      lines.unshift(...story.lines);
      run = story.start.before;
    }
    return lines.slice(-LINES_MAX);
  }

  async cancel(id: string): Promise<boolean> {
    const state = (await this.find(id))?.state;
    if (state !== "queued" && state !== "running") return false;
    await this.client.workflow.getHandle(id).cancel();
    return true;
  }

  async retry(id: string): Promise<boolean> {
    const handle = this.client.workflow.getHandle(id);
    const job = await this.find(id);
    if (job?.state !== "failed" && job?.state !== "cancelled") return false;
    const { workflow, input, steps: all, createdAtUs } = job;
    const steps = all.filter(({ endedAtUs }) => endedAtUs !== null);
    const before = (await handle.describe()).runId;
    // A job cancelled without a worker is still open.
    await this.#start(
      { id, workflow },
      { input, steps, createdAtUs, before },
      "TERMINATE_EXISTING",
    );
    return true;
  }

  async schedule(name: string): Promise<ScheduleState> {
    try {
      const { state, info } = await this.client.schedule.getHandle(this.scheduleId(name))
        .describe();
      const last = info.recentActions.at(-1)?.scheduledAt;
      return { isPaused: state.paused, lastAtUs: last === undefined ? null : Number(last) * 1000 };
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return { isPaused: false, lastAtUs: null };
      throw error;
    }
  }

  /** Pauses or resumes a schedule. Throws SsmdError `SCHEDULE_NOT_MADE`. */
  async pauseSchedule(name: string, isPaused: boolean): Promise<void> {
    const handle = this.client.schedule.getHandle(this.scheduleId(name));
    try {
      await (isPaused ? handle.pause() : handle.unpause());
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      throw new SsmdError("SCHEDULE_NOT_MADE", `Temporal has no schedule ${name} yet`, {
        hint: `deno task worker --env ${this.#queue.env} makes the environment's schedules`,
      });
    }
  }

  async createdSchedules(): Promise<Schedule[]> {
    const created: Schedule[] = [];
    for await (const { scheduleId, memo } of this.client.schedule.list()) {
      const schedule = createdOf(memo);
      if (schedule !== undefined && scheduleId === this.scheduleId(schedule.name)) {
        created.push(schedule);
      }
    }
    return created.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async createSchedule(schedule: Schedule): Promise<boolean> {
    try {
      await this.client.schedule.create({
        ...scheduleOptions(this.#queue, schedule),
        ...{ scheduleId: this.scheduleId(schedule.name), memo: createdMemo(schedule) },
      });
      return true;
    } catch (error) {
      if (error instanceof ScheduleAlreadyRunning) return false;
      throw error;
    }
  }

  async deleteSchedule(name: string): Promise<boolean> {
    const handle = this.client.schedule.getHandle(this.scheduleId(name));
    try {
      if (createdOf((await handle.describe()).memo) === undefined) return false;
      await handle.delete();
      return true;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return false;
      throw error;
    }
  }

  /** Throws SsmdError `WORKER_MISSING` when no worker polls the queue. */
  async assertWorker(): Promise<void> {
    const { env, taskQueue } = this.#queue;
    if ((await this.workers()).length > 0) return;
    throw new SsmdError("WORKER_MISSING", `No worker takes jobs of Temporal's queue ${taskQueue}`, {
      hint: `deno task worker --env ${env} runs what is queued`,
    });
  }

  /** Returns the identities of recently polling workers. */
  async workers(): Promise<string[]> {
    const { namespace, taskQueue } = this.#queue;
    const { pollers } = await this.client.workflowService.describeTaskQueue({
      ...{ namespace, taskQueue: { name: taskQueue }, taskQueueType: 2 },
    });
    const sinceUs = nowUs() - POLLER_US;
    return (pollers ?? []).filter(({ lastAccessTime }) => usOf(lastAccessTime) > sinceUs)
      .map(({ identity }) => identity ?? "");
  }

  /** Returns a schedule's id on the server. */
  scheduleId(name: string): string {
    return `${schedulePrefix(this.#queue.env)}${name}`;
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections) void connection.close();
  }

  #renew(): void {
    const connection = Connection.lazy(this.#address);
    // Pending requests finish on the previous connection; the one before it is idle.
    if (this.#connections.length > 1) void this.#connections.shift()?.close();
    this.#connections.push(connection);
    this.#client = new Client({ connection, namespace: this.#queue.namespace });
    this.#openedAtMs = Date.now();
  }

  async #start(
    { id, workflow }: { id: string; workflow: string },
    start: Omit<JobStart, "env">,
    workflowIdConflictPolicy: "FAIL" | "TERMINATE_EXISTING",
  ): Promise<void> {
    const { env, taskQueue } = this.#queue;
    await this.client.workflow.start(workflow, {
      ...{ workflowId: id, taskQueue, workflowIdConflictPolicy },
      args: [{ env, ...start } satisfies JobStart],
    });
  }
}

/** Returns the id prefix of an environment's schedules. */
export function schedulePrefix(env: string): string {
  return `ssmd/${env}/`;
}

function jobOf(description: WorkflowExecutionDescription, story: RunStory): Job {
  const { workflowId: id, type: workflow, closeTime } = description;
  const progress = progressOf(description.raw);
  const state = stateOf(description, story);
  const isOpen = state === "queued" || state === "running";
  return {
    ...{ id, workflow, state, input: story.start.input, createdAtUs: story.createdAtUs },
    attempts: state === "queued" && story.dueAtUs === null ? 0 : story.attempts,
    dueAtUs: story.dueAtUs ?? story.createdAtUs,
    startedAtUs: state === "queued" && story.dueAtUs === null ? null : story.attemptAtUs,
    endedAtUs: isOpen || closeTime === undefined ? null : Number(closeTime) * 1000,
    error: state === "failed" ? story.error ?? endedBy(description.status.name) : story.error,
    steps: [...story.steps, ...(progress?.step ? [progress.step] : [])],
  };
}

function stateOf({ status, raw }: WorkflowExecutionDescription, story: RunStory): JobState {
  if (status.name === "COMPLETED") return "done";
  if (status.name === "CANCELLED" || story.isCancelAsked) return "cancelled";
  if (status.name !== "RUNNING" && status.name !== "CONTINUED_AS_NEW") return "failed";
  if (story.dueAtUs !== null) return "queued";
  const isBegun = story.steps.length > story.start.steps.length || story.attempts > 1;
  return isBegun || raw.pendingActivities?.[0]?.lastStartedTime ? "running" : "queued";
}

/** Returns the last heartbeat of the running step; undefined when none runs. */
function progressOf(raw: WorkflowExecutionDescription["raw"]): StepProgress | undefined {
  return firstOf<StepProgress>(raw.pendingActivities?.[0]?.heartbeatDetails);
}

function endedBy(status: string): JobError {
  return {
    code: "JOB_ENDED",
    message: `Temporal ended it: ${status.toLowerCase()}`,
    hint: "The server's page tells by whom",
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}
