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

/** How often calendars are looked at; also the pause after a look that failed. */
const LOOK_MS = 1_000;
/** After which a server that does not answer is asked for less of what it held for this process. */
const STICKY_MS = 2_000;

/** Options of {@linkcode TemporalWorker.start}. */
interface TemporalWorkerOptions extends Omit<StepRunnerOptions, "ended" | "env"> {
  queue: TemporalQueue;
  /** Name under which it asks for work; default its process. */
  identity?: string;
}

/** Takes steps of jobs off a Temporal queue and does them, one at a time. */
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

  /** Throws what connecting throws. */
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
      // Our bundle has no cache of modules that runs could share.
      reuseV8Context: false,
      activities: { [NEXT_STEP]: (asked: StepAsked) => steps.run(asked) },
      // A step takes a core and the data folder.
      maxConcurrentActivityTaskExecutions: 1,
      // A cancelled step is broken off within a second.
      maxHeartbeatThrottleInterval: 1_000,
      stickyQueueScheduleToStartTimeout: STICKY_MS,
    });
    return new TemporalWorker(worker, { connection, ended, logger });
  }

  /** Breaks off the step that runs; another worker, or the next one, does it again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    if (this.#worker.getState() === "RUNNING") this.#worker.shutdown();
    await this.#running;
    await this.#connection.close();
  }
}

/** Runs an environment's jobs for Temporal. One process of a data folder does. */
export class TemporalJobs implements AsyncDisposable {
  #opened: AsyncDisposableStack;

  private constructor(opened: AsyncDisposableStack) {
    this.#opened = opened;
  }

  /** Undefined = another process runs the jobs of this folder. Throws SsmdError. */
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
      // Says what is wrong with the address; its own connection lives no longer than minutes.
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

  /** A job that runs is broken off and goes on with the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

/** Looks over and over, until disposed of. */
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

/** The first connection starts Temporal's runtime, which cannot be set up afterwards. */
async function connectNative(
  queue: TemporalQueue,
  logger: Logger,
): Promise<NativeConnection> {
  installRuntime(logger);
  return await NativeConnection.connect(await temporalAddress(queue));
}

let isInstalled = false;

/** Temporal's log goes into ours; signals are this process's own matter. */
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
