import { JobService } from "./job_service.ts";
import type { JobsOptions } from "./job_parts.ts";

/**
 * Runs an environment's jobs on its configured runner; undefined when another process of the data
 * folder does. Throws SsmdError.
 */
export async function startJobs(options: JobsOptions): Promise<AsyncDisposable | undefined> {
  const { environment } = options;
  const { scheduler } = environment;
  // No capture runs in this process, so no quiet time is needed.
  if (scheduler?.type !== "temporal") return await JobService.start({ ...options, quietMs: 0 });
  // Load its packages only here: they contain native code outside Deno's sandbox.
  const { TemporalJobs } = await import("./temporal/temporal_jobs.ts");
  const { queueOf } = await import("./temporal/temporal_queue.ts");
  return await TemporalJobs.start(options, queueOf(environment, scheduler));
}
