import type { TemporalQueue } from "../temporal/temporal_queue.ts";

/** The queue that a test and the process that it kills share. */
export function killQueue(address: string): TemporalQueue {
  return { env: "kill", address, namespace: "default", taskQueue: "ssmd-kill" };
}
