import { type Environment, schedulerCredentials, type SchedulerSpec } from "@ssmd/metadata";

type TemporalSpec = Extract<SchedulerSpec, { type: "temporal" }>;

/** An environment's queue on a Temporal server. */
export interface TemporalQueue {
  env: string;
  address: string;
  namespace: string;
  taskQueue: string;
  /** TLS files; absent: no TLS. */
  tls?: TemporalSpec["tls"];
  /** Reads `api_key`; absent when the server needs none. */
  readCredentials?: () => Promise<Record<string, string>>;
}

/** Returns the queue of an environment with a Temporal scheduler. */
export function queueOf(environment: Environment, spec: TemporalSpec): TemporalQueue {
  const { name: env } = environment;
  const { address, namespace = "default", task_queue: taskQueue = `ssmd-${env}`, tls } = spec;
  const readCredentials = spec.credentials && schedulerCredentials(environment);
  return {
    ...{ env, address, namespace, taskQueue },
    ...(tls === undefined ? {} : { tls }),
    ...(readCredentials === undefined ? {} : { readCredentials }),
  };
}
