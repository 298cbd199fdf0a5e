import type { Environment } from "@ssmd/metadata";
import type { JobBoard } from "./job_board.ts";
import { openJobs } from "./job_service.ts";

/** Returns whether a Temporal server keeps an environment's jobs. */
export function usesTemporal({ scheduler }: Pick<Environment, "scheduler">): boolean {
  return scheduler?.type === "temporal";
}

/** Opens an environment's jobs as its file configures. Throws SsmdError. */
export async function openBoard(environment: Environment, dataDir: string): Promise<JobBoard> {
  const { name: env, scheduler } = environment;
  if (scheduler?.type !== "temporal") return await openJobs(dataDir, env);
  // Load its packages only when needed.
  const { TemporalBoard } = await import("./temporal/temporal_board.ts");
  const { queueOf } = await import("./temporal/temporal_queue.ts");
  return await TemporalBoard.connect(queueOf(environment, scheduler));
}
