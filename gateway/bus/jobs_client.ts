import { type JobsAnswer, type JobsRequest, jobsSubject } from "@ssmd/market";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";
import { ServiceRequests } from "./service_requests.ts";

/** Timeout; a list on Temporal queries its server job by job. */
const ANSWER_MS_MAX = 30_000;
const away = () =>
  new Problem("JOBS_AWAY", "No process that runs the environment's jobs answers", {
    status: 503,
    hint: "`ssmd up` and `deno task worker` run them",
  });
const STATUSES: Readonly<Record<string, number>> = {
  ...{ JOB_UNKNOWN: 404, SCHEDULE_UNKNOWN: 404, SCHEDULE_NOT_MADE: 404, WORKFLOW_UNKNOWN: 404 },
  ...{ JOB_OVER: 409, JOB_NOT_OVER: 409, JOB_IN_PROGRESS: 409, JOBS_FAILED: 503 },
};

/** Sends requests to the job runner of an environment. */
export class JobsClient {
  #requests: ServiceRequests<JobsAnswer>;

  constructor(transport: Transport, env: string) {
    this.#requests = new ServiceRequests({
      ...{ transport, subject: jobsSubject(env), answerMsMax: ANSWER_MS_MAX, away },
      statusOf: (code) => STATUSES[code] ?? 400,
    });
  }

  /** Throws {@linkcode Problem}: 503 without an answer, 404 if unknown, 409 for a wrong state. */
  ask(request: JobsRequest): Promise<Extract<JobsAnswer, { ok: true }>> {
    return this.#requests.ask(JSON.stringify(request));
  }
}
