import { nowUs, SsmdError } from "@ssmd/runtime";
import { isDeepStrictEqual } from "node:util";
import type { Job, NewJob } from "./job.ts";
import type { JobBoard } from "./job_board.ts";

/** A job as it was read before the change. */
type ReadJob = Pick<Job, "id" | "state">;

/**
 * Requests a job; the same one in progress is left as it is. Throws SsmdError `JOB_IN_PROGRESS` if
 * that one has other arguments: ids name the second of a request, or some of the arguments.
 */
export async function requestJob(board: JobBoard, job: NewJob): Promise<void> {
  if (await board.enqueue(job)) return;
  const known = await board.find(job.id);
  if (known === undefined || isDeepStrictEqual(known.input, job.input)) return;
  throw new SsmdError(
    "JOB_IN_PROGRESS",
    `The job ${job.id} is ${known.state}, of other arguments`,
    {
      hint: "Ask again in a second, or when it has ended: `ssmd job status` shows it",
      context: { input: known.input },
    },
  );
}

/** Cancels a job. Throws SsmdError `JOB_OVER` for one that has ended. */
export async function cancelJob(board: JobBoard, { id, state }: ReadJob): Promise<void> {
  if (await board.cancel(id, nowUs())) return;
  throw new SsmdError("JOB_OVER", `The job ${id} is ${state} already`, {
    hint: "Only a job that is queued or running can be cancelled",
  });
}

/** Requeues a failed or cancelled job. Throws SsmdError `JOB_NOT_OVER` for any other. */
export async function retryJob(board: JobBoard, { id, state }: ReadJob): Promise<void> {
  if (await board.retry(id, nowUs())) return;
  throw new SsmdError("JOB_NOT_OVER", `The job ${id} is ${state}`, {
    hint: "Only a job that failed or was cancelled can be run again",
  });
}
