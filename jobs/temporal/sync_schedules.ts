import { ScheduleNotFoundError } from "@temporalio/client";
import type { Schedule } from "../schedule.ts";
import { createdOf, scheduleOptions } from "./schedule_options.ts";
import { schedulePrefix, type TemporalBoard } from "./temporal_board.ts";
import type { TemporalQueue } from "./temporal_queue.ts";

/** Syncs the server's schedules with the environment's file; keeps pauses and created ones. */
export async function syncSchedules(
  board: TemporalBoard,
  { queue, schedules }: { queue: TemporalQueue; schedules: readonly Schedule[] },
): Promise<void> {
  const { schedule: client } = board.client;
  const wanted = new Set(schedules.map(({ name }) => board.scheduleId(name)));
  for await (const { scheduleId, memo } of client.list()) {
    const isOurs = scheduleId.startsWith(schedulePrefix(queue.env));
    // A schedule in the file replaces a created one of its name.
    const isCreated = createdOf(memo) !== undefined;
    if (isOurs && isCreated === wanted.has(scheduleId)) await client.getHandle(scheduleId).delete();
  }
  for (const schedule of schedules) await putSchedule(board, { queue, schedule });
}

async function putSchedule(
  board: TemporalBoard,
  { queue, schedule }: { queue: TemporalQueue; schedule: Schedule },
): Promise<void> {
  const { schedule: client } = board.client;
  const scheduleId = board.scheduleId(schedule.name);
  const what = scheduleOptions(queue, schedule);
  try {
    await client.getHandle(scheduleId).update(({ state }) => ({ ...what, state }));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    const state = { triggerImmediately: schedule.catchesUp };
    await client.create({ scheduleId, ...what, state });
  }
}
