import { nowUs, SsmdError } from "@ssmd/runtime";
import type { Job } from "./job.ts";
import type { JobBoard } from "./job_board.ts";

/** A job as it was read before the change. */
type ReadJob = Pick<Job, "id" | "state">;

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
