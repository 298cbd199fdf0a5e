import { JobService } from "./job_service.ts";
import type { JobsOptions } from "./job_parts.ts";

/**
 * Runs the jobs of an environment, on the runner that its file names; undefined = another process of
 * the data folder does. Throws SsmdError.
 */
export async function startJobs(options: JobsOptions): Promise<AsyncDisposable | undefined> {
  const { environment } = options;
  const { scheduler } = environment;
  // Nothing is captured here that must not be disturbed.
  if (scheduler?.type !== "temporal") return await JobService.start({ ...options, quietMs: 0 });
  // Its packages, with code of its own outside of Deno's sandbox, are loaded here only.
  const { TemporalJobs } = await import("./temporal/temporal_jobs.ts");
  const { queueOf } = await import("./temporal/temporal_queue.ts");
  return await TemporalJobs.start(options, queueOf(environment, scheduler));
}
