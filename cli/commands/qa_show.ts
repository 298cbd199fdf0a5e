import { z } from "zod";
import { loadManifest } from "@ssmd/archive";
import { inputOf, loadQaReport, type QaReport, versionDays } from "@ssmd/dataset/qa";
import type { Storage } from "@ssmd/storage";
import { ArchiveError } from "@ssmd/runtime";
import { withArchive } from "../archive/with_archive.ts";
import { RECORDS_VERSION, SPAN_FLAGS } from "../archive/archive_flags.ts";
import { defineCommand } from "../command/define.ts";
import { notice, type SsmdContext } from "../context.ts";
import { daySpanOf, VERSION_FLAGS } from "../reprocess/flags.ts";
import { offenderLines, QA_REPORT, qaReportView, reportTable } from "../reprocess/qa_view.ts";

const CHECKED_DAY = QA_REPORT.extend({
  outdated: z.boolean().describe("Whether the day has changed since it was checked"),
});

const FINDINGS = z.object({
  ok: z.boolean(),
  reports: z.array(CHECKED_DAY),
  unchecked: z.array(z.string()).describe("Days that were never checked"),
});

export default defineCommand({
  name: "qa show",
  brief: "Show the results of a day's checks",
  description:
    "Shows the results of the last run. Lists days that changed since their checks, and days " +
    "that were never checked. Exit code 1 when a check failed.",
  examples: [
    "ssmd qa show --feed kraken",
    "ssmd qa show --feed kraken --date 2026-08-01 --output json",
  ],
  flags: { ...VERSION_FLAGS, ...SPAN_FLAGS, version: RECORDS_VERSION },
  output: FINDINGS,
  table: reportTable,
  failed: ({ ok }) => !ok,
  async run({ flags, context }) {
    const { feed, version } = flags;
    const findings = await withArchive(context, flags, async ({ storage, env }) => {
      const feedVersion = version === undefined ? { env, feed } : { env, feed, version };
      const reports: z.output<typeof CHECKED_DAY>[] = [];
      const unchecked: string[] = [];
      for (const each of await versionDays(storage, feedVersion, daySpanOf(flags))) {
        const report = await loadQaReport(storage, { env, feed, ...each });
        if (report === undefined) unchecked.push(each.day);
        else {
          reports.push({ ...qaReportView(report), outdated: await isOutdated(storage, report) });
        }
      }
      if (reports.length === 0) throw neverChecked(env, feed);
      return { ok: reports.every((report) => report.ok), reports, unchecked };
    });
    report(context, findings);
    return findings;
  },
});

function report(context: SsmdContext, { reports, unchecked }: z.output<typeof FINDINGS>): void {
  for (const line of reports.flatMap(offenderLines)) notice(context, line);
  for (const { day, outdated } of reports) {
    if (outdated) notice(context, `note: ${day} has changed since it was checked`);
  }
  for (const day of unchecked) notice(context, `note: ${day} was never checked`);
}

async function isOutdated(storage: Storage, report: QaReport): Promise<boolean> {
  const manifest = await loadManifest(storage, { kind: "normalized", ...report });
  return manifest === undefined || inputOf(manifest) !== report.input;
}

function neverChecked(env: string, feed: string): ArchiveError {
  return new ArchiveError("NEVER_CHECKED", `No such day of ${env}/${feed} was ever checked`, {
    hint: `Check it: ssmd qa run --feed ${feed}`,
    context: { env, feed },
  });
}
