/**
 * The Temporal workflow of every kind of job: runs its steps as sequential activities. Keep it free
 * of decisions, as open jobs are replayed through it after an update. @module
 */
import {
  ActivityFailure,
  ApplicationFailure,
  continueAsNew,
  proxyActivities,
  sleep,
  workflowInfo,
} from "@temporalio/workflow";
import type { JobStart, StepAsked, StepDone, StepFailed } from "./messages.ts";

const { nextStep } = proxyActivities<{ nextStep(asked: StepAsked): Promise<StepDone> }>({
  // Sealing a large day takes hours; heartbeats detect a dead worker.
  startToCloseTimeout: "7 days",
  heartbeatTimeout: "10 s",
  // A retry must not start before the cancelled step has stopped.
  cancellationType: "WAIT_CANCELLATION_COMPLETED",
  retry: { initialInterval: "1 s", maximumInterval: "10 s" },
});

/** Runs a job's steps until none is left; retries failures as the worker asks. */
export default async function job(start: JobStart): Promise<void> {
  const steps = [...start.steps];
  for (let attempt = 1;; attempt++) {
    try {
      return await runSteps(start, { steps, attempt });
    } catch (error) {
      const retryInMs = retryOf(error);
      if (retryInMs === null) throw error;
      await sleep(retryInMs);
    }
  }
}

async function runSteps(
  start: JobStart,
  { steps, attempt }: { steps: StepDone["step"][]; attempt: number },
): Promise<void> {
  const { workflowId, workflowType, runId } = workflowInfo();
  for (let begins = true;; begins = false) {
    const done = steps.filter((step) => step !== null);
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof job>({ ...start, steps: done, before: runId });
    }
    const { env, input } = start;
    const asked = { job: workflowId, workflow: workflowType, env, input, steps: done };
    const { step } = await nextStep({ ...asked, attempt, begins });
    if (step === null) return;
    steps.push(step);
  }
}

function retryOf(error: unknown): number | null {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) return null;
  const [failed] = (cause.details ?? []) as StepFailed[];
  return failed?.retryInMs ?? null;
}
