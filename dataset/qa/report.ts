import { formatHashedJson, loadHashedJson, manifestKey, NORMALIZED_VERSION } from "@ssmd/archive";
import type { QaCheck } from "@ssmd/metadata";
import type { Storage } from "@ssmd/storage";
import type { Offender } from "./offenders.ts";

const FORMAT = "ssmd-qa/1";

/** Result of one check. */
export interface QaCheckResult {
  /** Check type. */
  check: QaCheck["type"];
  /** Short name of the check. */
  name: string;
  /** Records checked. */
  records: number;
  /** Number of failures. */
  failures: number;
  /** The first failures. */
  first: Offender[];
  /** Why not everything was checked; "" when it was. */
  note: string;
}

/** Check results of a day; stored beside it as `qa.json`. */
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
  /** Records read. */
  records: number;
  /** In the order of the rules file. */
  checks: QaCheckResult[];
  /** SHA-256 over the day's files at check time; a different value means the day has changed. */
  input: string;
  /** SHA-256 of the rules. */
  rules: string;
  /** Checking software, `0.1.0+abc1234`. */
  software: string;
  /** ISO time. */
  checkedAt: string;
}

/** Identifies a day of a version. */
export interface QaReportId {
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Default: the archiver's version. */
  version?: string;
  /** UTC, `YYYY-MM-DD`. */
  day: string;
}

/** `normalized/{env}/{feed}/{version}/YYYY/MM/DD/qa.json` */
export function qaKey({ env, feed, version = NORMALIZED_VERSION, day }: QaReportId): string {
  const manifest = manifestKey({ kind: "normalized", env, feed, version, day });
  return manifest.replace(/manifest\.json$/, "qa.json");
}

/** Loads a day's check results; undefined if never checked. Throws ArchiveError, StorageError. */
export async function loadQaReport(
  storage: Storage,
  reportId: QaReportId,
): Promise<QaReport | undefined> {
  return await loadHashedJson<QaReport>(storage, qaKey(reportId), FORMAT);
}

/** Stores a report, replacing the previous one. */
export async function saveQaReport(
  storage: Storage,
  report: Omit<QaReport, "format">,
): Promise<QaReport> {
  const whole: QaReport = { format: FORMAT, ...report };
  await storage.put(qaKey(whole), formatHashedJson(whole));
  return whole;
}
