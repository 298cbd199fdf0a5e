import { isDayOver, isSealedDay, loadManifest } from "@ssmd/archive";
import { runQa } from "@ssmd/dataset/qa";
import { expireDay, type OldDay, planRetention } from "@ssmd/dataset/retention";
import { sealableDays, sealDay } from "@ssmd/dataset/seal";
import { verifyArchive, verifyDay } from "@ssmd/dataset/verify";
import type { JsonRecord } from "@ssmd/journal";
import type { Environment, FeedChecks } from "@ssmd/metadata";
import { COMMIT, nowUs, VERSION } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { ArchiveAccess } from "./archive_access.ts";
import { exportRecords, type ExportTask } from "./export_task.ts";
import { type GapsTask, listGaps } from "./gaps_task.ts";
import {
  planReprocessing,
  type PlanReprocessTask,
  reprocessDays,
  type ReprocessTask,
} from "./reprocess_task.ts";

/** A feed's day in one version of its records; `day` is `YYYY-MM-DD`, UTC. */
interface FeedDay {
  feed: string;
  version: string;
  day: string;
}

/** Long-running archive work, as plain values that a worker thread can receive. */
export type ArchiveTask =
  | { kind: "unsealed"; env: string }
  | { kind: "seal"; env: string; day: FeedDay; tempDir: string }
  | { kind: "check"; env: string; day: FeedDay; checks: FeedChecks }
  | { kind: "planExpiry"; env: string; retention: NonNullable<Environment["retention"]> }
  | { kind: "expire"; day: OldDay }
  | { kind: "verifyDay"; env: string; day: FeedDay }
  | { kind: "verify"; env: string }
  | PlanReprocessTask
  | ReprocessTask
  | ExportTask
  | GapsTask;

/** Maximum verification problems in a result; `ssmd archive verify` lists all. */
const PROBLEMS_MAX = 20;
const WRITTEN_BY = `${VERSION}+${COMMIT}`;

/**
 * Runs a task; safe to repeat after a kill. Throws the errors of sealing, checking, removing and
 * verifying.
 */
export async function doArchiveTask(
  task: ArchiveTask,
  access: ArchiveAccess,
): Promise<JsonRecord> {
  const { storage } = access;
  switch (task.kind) {
    case "unsealed":
      return { days: await unsealedDays(storage, task.env, nowUs()) };
    case "seal":
      return await seal(storage, task);
    case "check":
      return await check(storage, task);
    case "planExpiry": {
      const { env, retention } = task;
      const days = await planRetention({ storage, env, retention, nowUs: nowUs() });
      return { days: days.filter(({ state }) => state !== "kept").map((day) => ({ ...day })) };
    }
    case "expire": {
      await expireDay(task.day, { storage, nowUs, writtenBy: WRITTEN_BY });
      const { files, count, bytes } = task.day;
      return { files, records: count, bytes };
    }
    case "verifyDay": {
      const { problems, ...totals } = await verifyDay(storage, { env: task.env, ...task.day });
      return { ok: problems.length === 0, ...totals, problems: problems.slice(0, PROBLEMS_MAX) };
    }
    case "verify":
      return await verify(storage, task.env);
    case "planReprocess":
      return await planReprocessing(task, access);
    case "reprocess":
      return await reprocessDays(task, access);
    case "gaps":
      return await listGaps(task, access);
    case "export":
      return await exportRecords(task, access);
  }
}

/** Returns days with unsealed files that can be sealed at `atUs`, oldest first. */
export async function unsealedDays(
  storage: Storage,
  env: string,
  atUs: number,
): Promise<{ feed: string; version: string; day: string }[]> {
  const days = [];
  for (const manifestId of await sealableDays(storage, { env, span: {} })) {
    const { feed, version = "v1", day } = manifestId;
    if (!isDayOver(day, atUs)) continue;
    const manifest = await loadManifest(storage, manifestId);
    const isSealed = manifest?.files.every(isSealedDay) && (manifest.retired ?? []).length === 0;
    if (manifest !== undefined && !isSealed) days.push({ feed, version, day });
  }
  return days;
}

async function seal(
  storage: Storage,
  { env, day, tempDir }: Extract<ArchiveTask, { kind: "seal" }>,
): Promise<JsonRecord> {
  await Deno.mkdir(tempDir, { recursive: true });
  const software = { version: VERSION, commit: COMMIT };
  const { state, types } = await sealDay({ storage, env, ...day, tempDir, software, nowUs });
  const sum = (of: (each: typeof types[number]) => number) =>
    types.reduce((total, each) => total + of(each), 0);
  return {
    state,
    files: sum(({ files }) => files),
    records: sum(({ records }) => records),
    bytes: sum(({ sealed }) => sealed?.bytes ?? 0),
  };
}

async function check(
  storage: Storage,
  { env, day, checks }: Extract<ArchiveTask, { kind: "check" }>,
): Promise<JsonRecord> {
  const report = await runQa({ storage, env, ...day, ...checks, software: WRITTEN_BY });
  const failed = report.checks.filter(({ failures }) => failures > 0);
  return {
    ok: report.ok,
    failed: failed.map(({ check, name, failures }) => ({ check, name, failures })),
  };
}

async function verify(storage: Storage, env: string): Promise<JsonRecord> {
  const { problems, totals } = await verifyArchive(storage, { env });
  return {
    ...{ ...totals, ok: problems.length === 0 },
    problems: problems.slice(0, PROBLEMS_MAX).map((problem) => ({ ...problem })),
  };
}
