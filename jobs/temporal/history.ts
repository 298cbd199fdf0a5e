import { defaultPayloadConverter } from "@temporalio/common";
import type { History } from "@temporalio/common/lib/proto-utils.js";
import type { JobError, JobLine, JobStep } from "../job.ts";
import type { JobStart, StepAsked, StepDone, StepFailed } from "./messages.ts";

type Event = NonNullable<History["events"]>[number];
type Payloads = NonNullable<NonNullable<Event["workflowExecutionStartedEventAttributes"]>["input"]>;

/** A job's state from the history of a run. Times in µs since 1970. */
export interface RunStory {
  start: JobStart;
  createdAtUs: number;
  /** Done steps, starting with those of earlier runs. */
  steps: JobStep[];
  /** Log lines of this run only. */
  lines: JobLine[];
  /** Number of the last requested attempt; 0 before the first. */
  attempts: number;
  /** Time of the last requested attempt; null before the first. */
  attemptAtUs: number | null;
  /** End of the current pause; null when not pausing. */
  dueAtUs: number | null;
  isCancelAsked: boolean;
  /** Error of the last failed attempt; null when there is none or a later one succeeded. */
  error: JobError | null;
}

/** Reads a run's history from the server; needs no worker. */
export function readHistory({ events }: History): RunStory {
  const story: RunStory = {
    ...{ start: { env: "", input: {}, steps: [] }, createdAtUs: 0, steps: [], lines: [] },
    ...{ attempts: 0, attemptAtUs: null, dueAtUs: null, isCancelAsked: false, error: null },
  };
  for (const event of events ?? []) readEvent(story, event);
  return story;
}

function readEvent(story: RunStory, event: Event): void {
  const atUs = usOf(event.eventTime);
  const started = event.workflowExecutionStartedEventAttributes;
  if (started) {
    story.start = firstOf<JobStart>(started.input) ?? story.start;
    story.createdAtUs = story.start.createdAtUs ?? atUs;
    story.steps = [...story.start.steps];
  }
  const asked = firstOf<StepAsked>(event.activityTaskScheduledEventAttributes?.input);
  if (asked !== undefined) {
    story.attempts = asked.attempt;
    if (asked.begins) story.attemptAtUs = atUs;
  }
  const done = firstOf<StepDone>(event.activityTaskCompletedEventAttributes?.result);
  if (done !== undefined) {
    story.lines.push(...done.lines);
    if (done.step === null) story.error = null;
    else story.steps.push(done.step);
  }
  const failure = event.activityTaskFailedEventAttributes?.failure;
  if (failure) readFailure(story, failure);
  const pause = event.timerStartedEventAttributes?.startToFireTimeout;
  if (pause) story.dueAtUs = atUs + usOf(pause);
  if (event.timerFiredEventAttributes) story.dueAtUs = null;
  if (event.workflowExecutionCancelRequestedEventAttributes) {
    story.isCancelAsked = true;
    story.lines.push({ atUs, message: "cancelled", fields: {} });
  }
}

function readFailure(
  story: RunStory,
  { message, applicationFailureInfo: info }: NonNullable<
    NonNullable<Event["activityTaskFailedEventAttributes"]>["failure"]
  >,
): void {
  const failed = firstOf<StepFailed>(info?.details);
  story.lines.push(...failed?.lines ?? []);
  story.error = {
    code: info?.type || "JOB_FAILED",
    message: message ?? "",
    hint: failed?.hint ?? "See the job's log",
  };
}

/** Decodes the first payload, written by our code; undefined when there is none. */
export function firstOf<T>(payloads: Payloads | null | undefined): T | undefined {
  const payload = payloads?.payloads?.[0];
  return payload ? defaultPayloadConverter.fromPayload<T>(payload) : undefined;
}

/** Converts a protobuf time or duration to µs; 0 when absent. */
export function usOf(time: Event["eventTime"]): number {
  return Number(time?.seconds ?? 0) * 1e6 + Math.floor((time?.nanos ?? 0) / 1000);
}
