import type { JsonRecord } from "@ssmd/journal";
import type { Environment } from "@ssmd/metadata";

/** A daily or weekly schedule. */
export interface Schedule {
  name: string;
  /** `environment`: from its file; `created`: by a command, stored with the jobs. */
  origin: "environment" | "created";
  workflow: string;
  /** Arguments of its jobs. */
  input: JsonRecord;
  /** Description for people. */
  title: string;
  /** `HH:MM` in `timezone`. */
  at: string;
  timezone: string;
  /** 1 = Monday … 7 = Sunday (ISO 8601); null = every day. */
  weekday: number | null;
  /** Whether the first start also runs the last missed time. */
  catchesUp: boolean;
}

/** Merges schedules of the file with created ones; the file wins on equal names. */
export function withCreated(
  own: readonly Schedule[],
  created: readonly Schedule[],
): Schedule[] {
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...created.filter(({ name }) => !names.has(name))];
}

/** Returns the schedules of an environment's file; none with `auto_roll: false`. */
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

/** Returns the last due time at or before `nowUs`, µs since 1970. */
export function lastDueUs(schedule: Schedule, nowUs: number): number {
  return momentsAround(schedule, nowUs).findLast((momentUs) => momentUs <= nowUs) as number;
}

/** Returns the first due time after `nowUs`, µs since 1970. */
export function nextDueUs(schedule: Schedule, nowUs: number): number {
  return momentsAround(schedule, nowUs).find((momentUs) => momentUs > nowUs) as number;
}

/** Returns the due times from over a week before to over a week after a time, in order. */
function momentsAround({ at, timezone, weekday }: Schedule, nowUs: number): number[] {
  const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(nowUs / 1000))
    .toZonedDateTimeISO(timezone).toPlainDate();
  const plainTime = Temporal.PlainTime.from(at);
  return Array.from({ length: 17 }, (_, i) => today.add({ days: i - 8 }))
    .filter((day) => weekday === null || day.dayOfWeek === weekday)
    .map((day) => day.toZonedDateTime({ timeZone: timezone, plainTime }).epochMilliseconds * 1000);
}
