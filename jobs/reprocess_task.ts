import {
  planReprocess,
  reprocess,
  type ReprocessedDay,
  type ReprocessOptions,
} from "@ssmd/dataset/reprocess";
import type { JsonRecord } from "@ssmd/journal";
import { COMMIT, VERSION } from "@ssmd/runtime";
import type { ArchiveAccess } from "./archive_access.ts";

/** Days of a version, `YYYY-MM-DD`, inclusive. */
interface VersionSpan {
  env: string;
  feed: string;
  version: string;
  from: string;
  to: string;
  /** Normalizer by id or day; absent: by date. */
  normalizer?: string | undefined;
}

/** Plans a reprocess; returns `days` with raw and their action. */
export type PlanReprocessTask = VersionSpan & { kind: "planReprocess" };

/** Reprocesses days of a version from raw. */
export type ReprocessTask = VersionSpan & {
  kind: "reprocess";
  /** Threads, 1 to 64. */
  threads: number;
  tempDir: string;
};

/** Plans a reprocess. Throws as `planReprocess`. */
export async function planReprocessing(
  task: PlanReprocessTask,
  { storage }: ArchiveAccess,
): Promise<JsonRecord> {
  const days = await planReprocess({ ...optionsOf(task), storage });
  return { days: days.map(({ day, action }) => ({ day, action })) };
}

/** Reprocesses days, keeping those made from the same raw files. Throws as `reprocess`. */
export async function reprocessDays(
  { threads, tempDir, ...task }: ReprocessTask,
  { storage, config, log }: ArchiveAccess,
): Promise<JsonRecord> {
  await Deno.mkdir(tempDir, { recursive: true });
  const days = await reprocess({
    ...{ ...optionsOf(task), storage, tempDir },
    ...(threads > 1 ? { threads: { count: threads, storage: config } } : {}),
    onDay: (day, made) => {
      if (made === undefined) log(`${day} is translated`, {});
      else log(`${day} is made`, { bytes: made.bytes, whole: made.whole });
    },
  });
  return resultOf(days);
}

function optionsOf(
  { env, feed, version, from, to, normalizer }: VersionSpan,
): Omit<ReprocessOptions, "storage"> {
  return {
    ...{ env, feed, version, from, to },
    ...(normalizer === undefined ? {} : { normalizer }),
    software: { version: VERSION, commit: COMMIT },
  };
}

function resultOf(days: readonly ReprocessedDay[]): JsonRecord {
  const made = days.filter(({ action }) => action === "make").length;
  const records = days.flatMap((each) => Object.values(each.made?.records ?? {}));
  return {
    ...{ days: days.length, made, kept: days.length - made },
    partial: days.filter((each) => each.made?.whole === false).map(({ day }) => day),
    records: records.reduce((sum, count) => sum + count, 0),
  };
}
