import {
  type AgentsDone,
  type AgentsRequest,
  agentsSubject,
  type JobsDone,
  type JobsRequest,
  jobsSubject,
  type SignalsDone,
  type SignalsRequest,
  signalsSubject,
} from "@ssmd/market";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";
import { ServiceRequests } from "./service_requests.ts";

/** Sends requests to the agents of an environment; 404 for an unknown thread or signal. */
export type AgentsClient = ServiceRequests<AgentsRequest, AgentsDone>;

/** Opens the client of the agents. */
export function agentsClient(transport: Transport, env: string): AgentsClient {
  return new ServiceRequests(transport, {
    subject: agentsSubject(env),
    // A check runs its signal many times.
    answerMsMax: 60_000,
    away: () =>
      new Problem("AGENTS_AWAY", "No agents answer", {
        status: 503,
        hint: "Name a model under agents in the environment's file, and start it with ssmd up",
      }),
    statusOf: (code) => code.endsWith("_UNKNOWN") ? 404 : code.endsWith("_EXISTS") ? 409 : 400,
  });
}

/** Sends requests to the job runner of an environment; 404 if unknown, 409 for a wrong state. */
export type JobsClient = ServiceRequests<JobsRequest, JobsDone>;

const JOBS_STATUSES: Readonly<Record<string, number>> = {
  ...{ JOB_UNKNOWN: 404, SCHEDULE_UNKNOWN: 404, SCHEDULE_NOT_MADE: 404, WORKFLOW_UNKNOWN: 404 },
  ...{ JOB_OVER: 409, JOB_NOT_OVER: 409, JOB_IN_PROGRESS: 409, JOBS_FAILED: 503 },
};

/** Opens the client of the job runner. */
export function jobsClient(transport: Transport, env: string): JobsClient {
  return new ServiceRequests(transport, {
    subject: jobsSubject(env),
    // A list on Temporal queries its server job by job.
    answerMsMax: 30_000,
    away: () =>
      new Problem("JOBS_AWAY", "No process that runs the environment's jobs answers", {
        status: 503,
        hint: "`ssmd up` and `deno task worker` run them",
      }),
    statusOf: (code) => JOBS_STATUSES[code] ?? 400,
  });
}

/** Sends requests to the signals service of an environment; 404 for an unknown signal. */
export type SignalsClient = ServiceRequests<SignalsRequest, SignalsDone>;

const SIGNALS_STATUSES: Readonly<Record<string, number>> = {
  ...{ SIGNAL_UNKNOWN: 404, SIGNALS_WARMING: 503 },
};

/** Opens the client of the signals service. */
export function signalsClient(transport: Transport, env: string): SignalsClient {
  return new ServiceRequests(transport, {
    subject: signalsSubject(env),
    answerMsMax: 15_000,
    away: () =>
      new Problem("SIGNALS_AWAY", "No service of signals answers", {
        status: 503,
        hint: "Name signals in the environment's file; beside NATS, start it: deno task signals",
      }),
    statusOf: (code) => SIGNALS_STATUSES[code] ?? 400,
  });
}
