import { SsmdError } from "@ssmd/runtime";
import type { JsonRecord } from "@ssmd/journal";
import type { StorageConfig } from "@ssmd/storage";
import type { ArchiveTask } from "./archive_task.ts";
import type { TaskContext } from "./workflows/archive_jobs.ts";

/** Messages from the worker: progress lines, then one answer. */
export type ArchiveAnswer =
  | { line: string; fields: JsonRecord }
  | { ok: true; result: JsonRecord }
  | { ok: false; error: { code: string; message: string; hint: string; retryable: boolean } };

/** Runs archive tasks. */
interface ArchiveWorker {
  /** Runs a task; rejects with `signal`'s reason on abort, interrupting the task anywhere. */
  run(task: ArchiveTask, context: TaskContext): Promise<JsonRecord>;
}

/**
 * Returns a worker that runs each task in its own thread with its own storage: sealing takes a
 * whole core and must not delay capture in this process.
 */
export function threadWorker(config: StorageConfig): ArchiveWorker {
  return { run: async (task, context) => await inThread(await plainConfig(config), task, context) };
}

/** Messages to a thread cannot hold functions, so credentials are read again for each task. */
async function plainConfig(config: StorageConfig): Promise<StorageConfig> {
  if (config.type !== "s3") return config;
  const { readCredentials, ...rest } = config;
  return readCredentials === undefined ? rest : { ...rest, credentials: await readCredentials() };
}

async function inThread(
  config: StorageConfig,
  task: ArchiveTask,
  { signal, log }: TaskContext,
): Promise<JsonRecord> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<
    Exclude<ArchiveAnswer, { line: string }>
  >();
  const url = new URL("./archive_thread.ts", import.meta.url).href;
  const thread = new Worker(url, { type: "module" });
  thread.onmessage = ({ data }: MessageEvent<ArchiveAnswer>) => {
    if ("line" in data) log(data.line, data.fields);
    else resolve(data);
  };
  thread.onerror = (event) => {
    event.preventDefault();
    reject(
      new SsmdError("JOB_THREAD_FAILED", `The thread of a job failed: ${event.message}`, {
        hint: "See the job's log",
        retryable: true,
      }),
    );
  };
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    thread.postMessage({ config, task });
    const answer = await promise;
    if (answer.ok) return answer.result;
    const { code, message, hint, retryable } = answer.error;
    throw new SsmdError(code, message, { hint, retryable });
  } finally {
    signal.removeEventListener("abort", onAbort);
    thread.terminate();
  }
}
