import { defaultPayloadConverter } from "@temporalio/common";
import type { History } from "@temporalio/common/lib/proto-utils.js";
import type { JobError, JobLine, JobStep } from "../job.ts";
import type { JobStart, StepAsked, StepDone, StepFailed } from "./messages.ts";

type Event = NonNullable<History["events"]>[number];
type Payloads = NonNullable<NonNullable<Event["workflowExecutionStartedEventAttributes"]>["input"]>;

/** What the history of a run tells of its job. Times in µs since 1970. */
export interface RunStory {
  start: JobStart;
  createdAtUs: number;
  /** Steps that are done, those of earlier runs first. */
  steps: JobStep[];
  /** Without those of earlier runs. */
  lines: JobLine[];
  /** Of the last try that was asked for; 0 = none was. */
  attempts: number;
  /** When the last try was asked for; null = none was. */
  attemptAtUs: number | null;
  /** When the pause ends that it is in; null = it is in none. */
  dueAtUs: number | null;
  isCancelAsked: boolean;
  /** Of the last try that failed; null = none did, or a later one is done. */
  error: JobError | null;
}

/** Reads the history of a run, as the server keeps it: no worker is asked. */
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

/** The first of some values as our own code wrote it; undefined = there is none. */
export function firstOf<T>(payloads: Payloads | null | undefined): T | undefined {
  const payload = payloads?.payloads?.[0];
  return payload ? defaultPayloadConverter.fromPayload<T>(payload) : undefined;
}

/** Of a time or length of time; 0 = none is given. */
export function usOf(time: Event["eventTime"]): number {
  return Number(time?.seconds ?? 0) * 1e6 + Math.floor((time?.nanos ?? 0) / 1000);
}
