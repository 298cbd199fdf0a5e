import { type Environment, schedulerCredentials, type SchedulerSpec } from "@ssmd/metadata";

type TemporalSpec = Extract<SchedulerSpec, { type: "temporal" }>;

/** An environment's part of a Temporal server. */
export interface TemporalQueue {
  env: string;
  address: string;
  namespace: string;
  taskQueue: string;
  /** Files of TLS; absent = in clear. */
  tls?: TemporalSpec["tls"];
  /** Reads `api_key`; absent = the server asks for none. */
  readCredentials?: () => Promise<Record<string, string>>;
}

/** Where the jobs of an environment are that has a `scheduler` of this kind. */
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
