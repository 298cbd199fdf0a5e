import {
  type ExportFormat,
  exportPartitions,
  type ExportType,
  planExport,
} from "@ssmd/dataset/export";
import type { JsonRecord } from "@ssmd/journal";
import { leftOutDays, usOfDay } from "@ssmd/archive";
import { DAY_US, nowUs } from "@ssmd/runtime";
import type { ArchiveAccess } from "./archive_access.ts";

const LOG_EVERY_MS = 5_000;

/** Writes archived records to files in a folder. */
export interface ExportTask {
  kind: "export";
  env: string;
  /** Absent: all. */
  feeds?: readonly string[] | undefined;
  types?: readonly ExportType[] | undefined;
  symbols?: readonly string[] | undefined;
  /** First and last day, inclusive, `YYYY-MM-DD`. */
  from: string;
  to: string;
  format: ExportFormat;
  /** Output folder. */
  out: string;
}

/** Exports records, keeping up-to-date files. Throws as `planExport` and `exportPartitions`. */
export async function exportRecords(
  { env, feeds, types, symbols, from, to, format, out }: ExportTask,
  { storage, log }: ArchiveAccess,
): Promise<JsonRecord> {
  const span = { fromUs: usOfDay(from), toUs: usOfDay(to) + DAY_US };
  const leftOut = await leftOutDays(storage, { env, feeds, types, ...span, nowUs: nowUs() });
  for (const { feed, day, why } of leftOut) {
    log("a day is left out: see ssmd reprocess run", { feed, day, why });
  }
  const partitions = await planExport(storage, {
    ...{ env, format, span },
    ...(feeds === undefined ? {} : { feeds }),
    ...(types === undefined ? {} : { types }),
    ...(symbols === undefined ? {} : { symbols }),
  });
  const total = partitions.reduce((sum, { archived }) => sum + archived, 0);
  let read = 0;
  let saidMs = Date.now();
  const files = await exportPartitions(partitions, {
    ...{ storage, format, out },
    onRecords: (what, count) => {
      if (what === "read") read += count;
      if (Date.now() - saidMs < LOG_EVERY_MS) return;
      saidMs = Date.now();
      log("records are exported", { read, total });
    },
  });
  const sum = (field: "records" | "bytes") => files.reduce((all, file) => all + file[field], 0);
  return {
    ...{ out, files: files.length, records: sum("records"), bytes: sum("bytes") },
    written: files.filter(({ state }) => state === "written").length,
    days_left_out: leftOut.length,
  };
}
