import {
  type JobInfo,
  type JobsDone,
  type JobsRequest,
  jobsSubject,
  type ServiceRefusal,
} from "@ssmd/market";
import type { Transport } from "@ssmd/transport";

const AT_US = 1_785_542_400_000_000;

const JOB: JobInfo = {
  ...{ id: "1", workflow: "verify", state: "done", attempts: 1, error: null },
  ...{ createdAtUs: AT_US, dueAtUs: AT_US, startedAtUs: AT_US, endedAtUs: AT_US + 1 },
  steps: [{ name: "verify", startedAtUs: AT_US, endedAtUs: AT_US + 1, result: { ok: true } }],
};

const ANSWERS: Readonly<Record<string, JobsDone | ServiceRefusal>> = {
  logs: { ok: true, lines: [{ atUs: AT_US, message: "verify is done", fields: {} }] },
  schedules: {
    ok: true,
    schedules: [{
      ...{ name: "verify", title: "Recount", workflow: "verify", origin: "environment" },
      ...{ at: "00:10", timezone: "UTC", weekday: 7, isPaused: false, lastAtUs: null },
      nextAtUs: AT_US,
    }],
  },
};

/** Answers like a jobs service with one job and one schedule. */
export async function answerAsJobs(transport: Transport): Promise<void> {
  await transport.respond(jobsSubject("test"), (payload) => {
    const { action } = JSON.parse(new TextDecoder().decode(payload)) as JobsRequest;
    return new TextEncoder().encode(JSON.stringify(ANSWERS[action] ?? { ok: true, jobs: [JOB] }));
  });
}
