import type { SchedulerSpec } from "@ssmd/metadata";

/** An environment's part of a Temporal server. */
export interface TemporalQueue {
  env: string;
  address: string;
  namespace: string;
  taskQueue: string;
}

/** Where the jobs of an environment are. */
export function queueOf(
  env: string,
  spec: Extract<SchedulerSpec, { type: "temporal" }>,
): TemporalQueue {
  const { address, namespace = "default", task_queue: taskQueue = `ssmd-${env}` } = spec;
  return { env, address, namespace, taskQueue };
}
