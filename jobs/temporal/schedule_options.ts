import { ScheduleOverlapPolicy } from "@temporalio/client";
import type { Schedule } from "../schedule.ts";
import type { JobStart } from "./messages.ts";
import type { TemporalQueue } from "./temporal_queue.ts";

const WEEKDAYS = [
  "MONDAY",
  "TUESDAY",
  "WEDNESDAY",
  "THURSDAY",
  "FRIDAY",
  "SATURDAY",
  "SUNDAY",
] as const;

/** Returns the server's options of a schedule. */
export function scheduleOptions({ env, taskQueue }: TemporalQueue, schedule: Schedule) {
  const { name, workflow, input } = schedule;
  return {
    spec: specOf(schedule),
    // Several missed times run once.
    policies: { overlap: ScheduleOverlapPolicy.SKIP },
    action: {
      ...{ type: "startWorkflow" as const, workflowType: workflow, taskQueue },
      // The server appends the due time.
      workflowId: `${name}/${env}`,
      args: [{ env, input, steps: [] }] satisfies [JobStart],
    },
  };
}

function specOf({ at, timezone, weekday }: Schedule) {
  const [hour = 0, minute = 0] = at.split(":").map(Number);
  const day = weekday === null ? undefined : WEEKDAYS[weekday - 1];
  return {
    calendars: [{ hour, minute, ...(day === undefined ? {} : { dayOfWeek: day }) }],
    timezone,
  };
}

/** Returns the memo that marks a schedule as created by a command. */
export function createdMemo(schedule: Schedule) {
  return { ssmd: schedule };
}

/** Returns the schedule in a {@linkcode createdMemo}; undefined if from the environment's file. */
export function createdOf(memo: Record<string, unknown> | undefined): Schedule | undefined {
  return memo?.["ssmd"] as Schedule | undefined;
}
