import { formatHashedJson, loadHashedJson, manifestKey, NORMALIZED_VERSION } from "@ssmd/archive";
import type { QaCheck } from "@ssmd/metadata";
import type { Storage } from "@ssmd/storage";
import type { Offender } from "./offenders.ts";

const FORMAT = "ssmd-qa/1";

/** What one check found. */
export interface QaCheckResult {
  /** Which check it is. */
  check: QaCheck["type"];
  /** What it was about, in a few words. */
  name: string;
  /** Records that it saw. */
  records: number;
  /** How often it did not pass. */
  failures: number;
  /** The first that did not pass. */
  first: Offender[];
  /** Why not all was checked; "" = all was. */
  note: string;
}

/** What the checks of a day found; stands beside the day as `qa.json`. */
export interface QaReport {
  /** Name and version of this format. */
  format: typeof FORMAT;
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Version of the normalized records. */
  version: string;
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  /** Whether every check passed. */
  ok: boolean;
  /** Records that were looked at. */
  records: number;
  /** In the order of the file of checks. */
  checks: QaCheckResult[];
  /** SHA-256 over the day's files when it was checked: another one means that the day has changed. */
  input: string;
  /** SHA-256 of the file of checks. */
  rules: string;
  /** What checked, `0.1.0+abc1234`. */
  software: string;
  /** ISO time. */
  checkedAt: string;
}

/** Which day of which version. */
export interface QaReportId {
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Default the archiver's own. */
  version?: string;
  /** UTC, `YYYY-MM-DD`. */
  day: string;
}

/** `normalized/{env}/{feed}/{version}/YYYY/MM/DD/qa.json` */
export function qaKey({ env, feed, version = NORMALIZED_VERSION, day }: QaReportId): string {
  const manifest = manifestKey({ kind: "normalized", env, feed, version, day });
  return manifest.replace(/manifest\.json$/, "qa.json");
}

/** What the checks of a day found; undefined = they never ran. Throws ArchiveError, StorageError. */
export async function loadQaReport(
  storage: Storage,
  reportId: QaReportId,
): Promise<QaReport | undefined> {
  return await loadHashedJson<QaReport>(storage, qaKey(reportId), FORMAT);
}

/** Stores what was found, in the place of what was found before. */
export async function saveQaReport(
  storage: Storage,
  report: Omit<QaReport, "format">,
): Promise<QaReport> {
  const whole: QaReport = { format: FORMAT, ...report };
  await storage.put(qaKey(whole), formatHashedJson(whole));
  return whole;
}
