import { createHash } from "node:crypto";
import {
  activeVersionOn,
  loadActiveVersions,
  loadManifest,
  type Manifest,
  readArchive,
  usOfDay,
} from "@ssmd/archive";
import { type Calendar, openSpans, type QaRules } from "@ssmd/metadata";
import { ArchiveError, DAY_US, isoOfUs, nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { checkRecords, typesChecked } from "./qa.ts";
import { type QaReport, type QaReportId, saveQaReport } from "./report.ts";

/** Options of checking a day. */
interface RunQaOptions extends QaReportId {
  storage: Storage;
  /** Checks to run: all of the feed's, or a subset. */
  rules: QaRules;
  /** Checking software, `0.1.0+abc1234`. */
  software: string;
  /** Market hours; absent: always open. */
  calendar?: Calendar;
  /** Aborts the check: nothing is stored, and the abort reason is thrown. */
  signal?: AbortSignal;
}

/**
 * Checks an archived day and stores the report beside it; default version: the active one. Throws
 * ArchiveError `DAY_MISSING` for a missing day and for damaged files; StorageError.
 */
export async function runQa(options: RunQaOptions): Promise<QaReport> {
  const { storage, env, feed, day, rules, software, calendar } = options;
  const version = options.version ??
    activeVersionOn(await loadActiveVersions(storage, env, feed), day);
  const manifest = await loadManifest(storage, { kind: "normalized", env, feed, version, day });
  if (manifest === undefined) throw missing({ env, feed, version, day });
  const startUs = usOfDay(day);
  const query = { env, feed, version, fromUs: startUs, toUs: startUs + DAY_US };
  const records = readArchive(storage, { ...query, types: typesChecked(rules) });
  const batches = options.signal === undefined ? records : until(options.signal, records);
  const checked = await checkRecords(
    rules,
    { startUs, ...(calendar === undefined ? {} : { openUs: openUsOf(calendar) }) },
    batches,
  );
  return await saveQaReport(storage, {
    ...{ env, feed, version, day },
    ok: checked.checks.every(({ failures }) => failures === 0),
    ...checked,
    input: inputOf(manifest),
    rules: sha256(JSON.stringify(rules)),
    software,
    checkedAt: isoOfUs(nowUs()),
  });
}

async function* until<T>(signal: AbortSignal, batches: AsyncIterable<T>): AsyncGenerator<T, void> {
  for await (const batch of batches) {
    signal.throwIfAborted();
    yield batch;
  }
}

function openUsOf(calendar: Calendar): (fromUs: number, toUs: number) => number {
  return (fromUs, toUs) =>
    openSpans(calendar, fromUs, toUs).reduce((sum, span) => sum + span.toUs - span.fromUs, 0);
}

/** Returns a hash of a day's files; it changes when the day does. */
export function inputOf({ files }: Manifest): string {
  return sha256(files.map((file) => `${file.key} ${file.sha256}\n`).join(""));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function missing({ env, feed, version, day }: Required<QaReportId>): ArchiveError {
  return new ArchiveError("DAY_MISSING", `There is no day ${day} of ${env}/${feed} ${version}`, {
    hint: "ssmd archive verify lists the days that are there",
    context: { env, feed, version, day },
  });
}
