import type { JsonRecord } from "@ssmd/journal";
import type { Environment } from "@ssmd/metadata";

/** When something is asked for by itself: every day at a time, or once a week. */
export interface Schedule {
  name: string;
  /** `environment` = its file says so; `created` = a command did, and it is kept with the jobs. */
  origin: "environment" | "created";
  workflow: string;
  /** Arguments of its jobs. */
  input: JsonRecord;
  /** What it does, for people. */
  title: string;
  /** `HH:MM` on the clocks of `timezone`. */
  at: string;
  timezone: string;
  /** 1 = Monday … 7 = Sunday, as ISO 8601 counts; null = every day. */
  weekday: number | null;
  /** Whether a first start asks for what would have been asked for before it. */
  catchesUp: boolean;
}

/** The schedules of a file and those that were created: of one name that of the file. */
export function withCreated(
  own: readonly Schedule[],
  created: readonly Schedule[],
): Schedule[] {
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...created.filter(({ name }) => !names.has(name))];
}

/** The schedules of an environment's file; none where it says `auto_roll: false`. */
export function schedulesOf({ schedule = {}, retention }: Environment): Schedule[] {
  const { timezone = "UTC", day_end: at = "00:10", auto_roll: isOn = true } = schedule;
  if (!isOn) return [];
  const shared = { origin: "environment" as const, input: {}, at, timezone };
  const daily = { ...shared, weekday: null, catchesUp: true };
  return [
    {
      ...{ name: "end-days", workflow: "end-days", ...daily },
      title: "Seal and check the days that are over",
    },
    ...(retention === undefined ? [] : [{
      ...{ name: "retention", workflow: "retention", ...daily },
      title: "Remove days that are older than they are kept",
    }]),
    {
      ...{ name: "verify", workflow: "verify", ...daily, weekday: 7, catchesUp: false },
      title: "Recount the archive against its manifests and raw frames",
    },
  ];
}

/** The last moment at or before `nowUs` at which a schedule was due. µs since 1970. */
export function lastDueUs(schedule: Schedule, nowUs: number): number {
  return momentsAround(schedule, nowUs).findLast((momentUs) => momentUs <= nowUs) as number;
}

/** The first moment after `nowUs` at which it is due. µs since 1970. */
export function nextDueUs(schedule: Schedule, nowUs: number): number {
  return momentsAround(schedule, nowUs).find((momentUs) => momentUs > nowUs) as number;
}

/** Its moments from more than a week before to more than a week after a moment, in order. */
function momentsAround({ at, timezone, weekday }: Schedule, nowUs: number): number[] {
  const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(nowUs / 1000))
    .toZonedDateTimeISO(timezone).toPlainDate();
  const plainTime = Temporal.PlainTime.from(at);
  return Array.from({ length: 17 }, (_, i) => today.add({ days: i - 8 }))
    .filter((day) => weekday === null || day.dayOfWeek === weekday)
    .map((day) => day.toZonedDateTime({ timeZone: timezone, plainTime }).epochMilliseconds * 1000);
}
