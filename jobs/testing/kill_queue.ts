import type { TemporalQueue } from "../temporal/temporal_queue.ts";

/** Returns the queue that a test shares with the process it kills. */
export function killQueue(address: string): TemporalQueue {
  return { env: "kill", address, namespace: "default", taskQueue: "ssmd-kill" };
}
