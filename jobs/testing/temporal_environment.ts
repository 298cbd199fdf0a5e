import type { Environment } from "@ssmd/metadata";
import { queueOf, type TemporalQueue } from "../temporal/temporal_queue.ts";

/** Returns an environment's queue on a server without TLS. */
export function plainQueue(env: string, address: string): TemporalQueue {
  return queueOf({ name: env } as Environment, { type: "temporal", address });
}
