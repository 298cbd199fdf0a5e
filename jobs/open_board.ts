import type { Environment } from "@ssmd/metadata";
import type { JobBoard } from "./job_board.ts";
import { openJobs } from "./job_service.ts";

/** Whether an environment's jobs are kept by a Temporal server. */
export function usesTemporal({ scheduler }: Pick<Environment, "scheduler">): boolean {
  return scheduler?.type === "temporal";
}

/** Opens the jobs of an environment where its file says that they are kept. Throws SsmdError. */
export async function openBoard(environment: Environment, dataDir: string): Promise<JobBoard> {
  const { name: env, scheduler } = environment;
  if (scheduler?.type !== "temporal") return await openJobs(dataDir, env);
  // Its packages are loaded where they are needed only.
  const { TemporalBoard } = await import("./temporal/temporal_board.ts");
  const { queueOf } = await import("./temporal/temporal_queue.ts");
  return await TemporalBoard.connect(queueOf(environment, scheduler));
}
