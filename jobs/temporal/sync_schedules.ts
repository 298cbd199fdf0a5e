import { ScheduleNotFoundError, ScheduleOverlapPolicy } from "@temporalio/client";
import type { Schedule } from "../schedule.ts";
import type { JobStart } from "./messages.ts";
import { schedulePrefix, type TemporalBoard, type TemporalQueue } from "./temporal_board.ts";

const WEEKDAYS = [
  "MONDAY",
  "TUESDAY",
  "WEDNESDAY",
  "THURSDAY",
  "FRIDAY",
  "SATURDAY",
  "SUNDAY",
] as const;

/** Makes the server's schedules those of the environment's file; which are paused stays so. */
export async function syncSchedules(
  board: TemporalBoard,
  { queue, schedules }: { queue: TemporalQueue; schedules: readonly Schedule[] },
): Promise<void> {
  const { schedule: client } = board.client;
  const wanted = new Set(schedules.map(({ name }) => board.scheduleId(name)));
  for await (const { scheduleId } of client.list()) {
    const isOurs = scheduleId.startsWith(schedulePrefix(queue.env));
    if (isOurs && !wanted.has(scheduleId)) await client.getHandle(scheduleId).delete();
  }
  for (const schedule of schedules) await putSchedule(board, { queue, schedule });
}

async function putSchedule(
  board: TemporalBoard,
  { queue: { env, taskQueue }, schedule }: { queue: TemporalQueue; schedule: Schedule },
): Promise<void> {
  const { schedule: client } = board.client;
  const { name, workflow, catchesUp } = schedule;
  const scheduleId = board.scheduleId(name);
  const what = {
    spec: specOf(schedule),
    // What was due while nothing ran is done once.
    policies: { overlap: ScheduleOverlapPolicy.SKIP },
    action: {
      ...{ type: "startWorkflow" as const, workflowType: workflow, taskQueue },
      // The server adds the moment.
      workflowId: `${workflow}/${env}`,
      args: [{ env, input: {}, steps: [] } satisfies JobStart],
    },
  };
  try {
    await client.getHandle(scheduleId).update(({ state }) => ({ ...what, state }));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.create({ scheduleId, ...what, state: { triggerImmediately: catchesUp } });
  }
}

function specOf({ at, timezone, weekday }: Schedule) {
  const [hour = 0, minute = 0] = at.split(":").map(Number);
  const day = weekday === null ? undefined : WEEKDAYS[weekday - 1];
  return {
    calendars: [{ hour, minute, ...(day === undefined ? {} : { dayOfWeek: day }) }],
    timezone,
  };
}
