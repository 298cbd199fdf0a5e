import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { type Logger, messageOf, nowUs, sleep } from "@ssmd/runtime";
import { jobParts, type JobsOptions } from "../job_parts.ts";
import { jobsLockPath, openDays } from "../job_service.ts";
import { lockRunner } from "../runner_lock.ts";
import { schedulesOf } from "../schedule.ts";
import { temporalAddress } from "./connect.ts";
import { NEXT_STEP, type StepAsked } from "./messages.ts";
import { StepRunner, type StepRunnerOptions } from "./next_step.ts";
import { assertQueueFree, workerIdentity } from "./queue_holder.ts";
import { syncSchedules } from "./sync_schedules.ts";
import { TemporalBoard } from "./temporal_board.ts";
import type { TemporalQueue } from "./temporal_queue.ts";

/** Interval between calendar checks, also after a failure. */
const LOOK_MS = 1_000;
/** Timeout after which the server reassigns workflow tasks cached by a dead worker. */
const STICKY_MS = 2_000;

/** Options of {@linkcode TemporalWorker.start}. */
interface TemporalWorkerOptions extends Omit<StepRunnerOptions, "ended" | "env"> {
  queue: TemporalQueue;
  /** Worker identity; default: its process. */
  identity?: string;
}

/** Polls steps of jobs from a Temporal queue and runs them one at a time. */
export class TemporalWorker implements AsyncDisposable {
  #ended: AbortController;
  #worker: Worker;
  #connection: NativeConnection;
  #running: Promise<void>;

  private constructor(
    worker: Worker,
    { connection, ended, logger }: {
      connection: NativeConnection;
      ended: AbortController;
      logger: Logger;
    },
  ) {
    this.#worker = worker;
    this.#connection = connection;
    this.#ended = ended;
    this.#running = worker.run().catch((error) =>
      logger.error("Temporal's worker broke", { error })
    );
  }

  /** Starts a worker. Throws the errors of connecting. */
  static async start(
    { queue, identity, ...options }: TemporalWorkerOptions,
  ): Promise<TemporalWorker> {
    const { env, namespace, taskQueue } = queue;
    const { logger } = options;
    const connection = await connectNative(queue, logger);
    const ended = new AbortController();
    const steps = new StepRunner({ ...options, env, ended: ended.signal });
    const worker = await Worker.create({
      ...{ connection, namespace, taskQueue, ...(identity && { identity }) },
      workflowBundle: {
        codePath: new URL("./generated/workflow.js", import.meta.url).pathname,
      },
      // Our bundle has no module cache to share between runs.
      reuseV8Context: false,
      activities: { [NEXT_STEP]: (asked: StepAsked) => steps.run(asked) },
      // A step uses a full core and the data folder.
      maxConcurrentActivityTaskExecutions: 1,
      // Cancellation reaches a step within a second.
      maxHeartbeatThrottleInterval: 1_000,
      stickyQueueScheduleToStartTimeout: STICKY_MS,
    });
    return new TemporalWorker(worker, { connection, ended, logger });
  }

  /** Interrupts the running step; another worker repeats it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    if (this.#worker.getState() === "RUNNING") this.#worker.shutdown();
    await this.#running;
    await this.#connection.close();
  }
}

/** Runs an environment's jobs for Temporal; one process per data folder. */
export class TemporalJobs implements AsyncDisposable {
  #opened: AsyncDisposableStack;

  private constructor(opened: AsyncDisposableStack) {
    this.#opened = opened;
  }

  /** Starts the jobs; undefined when another process runs this folder's jobs. Throws SsmdError. */
  static async start(
    options: JobsOptions,
    queue: TemporalQueue,
  ): Promise<TemporalJobs | undefined> {
    const { environment, dataDir, logger } = options;
    await using opened = new AsyncDisposableStack();
    const days = opened.use(await openDays(dataDir, environment.name));
    const lock = await lockRunner(jobsLockPath(dataDir, environment.name));
    if (lock === undefined) return undefined;
    opened.defer(() => lock.release());
    const identity = await workerIdentity(dataDir, environment.name);
    {
      // Reports a wrong address; used only briefly, as its connection would expire.
      using asked = await TemporalBoard.connect(queue);
      await assertQueueFree(asked, queue, identity);
    }
    const connection = await connectNative(queue, logger);
    opened.defer(() => connection.close());
    const board = new TemporalBoard(queue, connection);
    await syncSchedules(board, { queue, schedules: schedulesOf(environment) });
    const { look, ...parts } = jobParts(options, { board, days, notBeforeUs: nowUs() });
    opened.use(await TemporalWorker.start({ queue, identity, ...parts }));
    opened.use(looking(look, logger));
    return new TemporalJobs(opened.move());
  }

  /** Interrupts a running job, which resumes on the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

/** Calls `look` repeatedly until disposed. */
function looking(look: () => Promise<void>, logger: Logger): AsyncDisposable {
  const ended = new AbortController();
  const loop = (async () => {
    while (!ended.signal.aborted) {
      await look().catch((error) =>
        logger.error("jobs that are due are asked for again", { error })
      );
      await sleep(LOOK_MS, ended.signal);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await loop;
    },
  };
}

/** Installs the runtime first: the first connection starts it with its final settings. */
async function connectNative(
  queue: TemporalQueue,
  logger: Logger,
): Promise<NativeConnection> {
  installRuntime(logger);
  return await NativeConnection.connect(await temporalAddress(queue));
}

let isInstalled = false;

/** Sends Temporal's log to ours; leaves signals to this process. */
function installRuntime(logger: Logger): void {
  if (isInstalled) return;
  isInstalled = true;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger(
      "WARN",
      ({ message, meta }) =>
        logger.warn("Temporal says", { said: message, error: messageOf(meta?.["error"] ?? "") }),
    ),
  });
}
