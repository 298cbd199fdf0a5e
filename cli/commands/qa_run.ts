import { z } from "zod";
import { type QaReport, runQa, versionDays } from "@ssmd/dataset/qa";
import { loadCalendar, loadFeed, loadQaRules, type QaCheck, type QaRules } from "@ssmd/metadata";
import { COMMIT, suggestion, VERSION } from "@ssmd/runtime";
import { withArchive } from "../archive/with_archive.ts";
import { RECORDS_VERSION, SPAN_FLAGS } from "../archive/archive_flags.ts";
import { defineCommand } from "../command/define.ts";
import { list } from "../command/flag.ts";
import { notice } from "../context.ts";
import { UsageError } from "../exit.ts";
import { registryDirOf } from "../registry_dir.ts";
import { daySpanOf, VERSION_FLAGS } from "../reprocess/flags.ts";
import { offenderLines, QA_REPORT, qaReportView, reportTable } from "../reprocess/qa_view.ts";

export default defineCommand({
  name: "qa run",
  brief: "Check days of a feed: silence, ranges, presence, time, books, ids",
  description:
    "Reads the checks from exchanges/qa/<feed>.yaml: max_gap, range, presence (of every hour " +
    "between the feed's first and last record in which its calendar is open), " +
    "monotonic_time, crossed_book (books are rebuilt) and duplicate_ids. Results are stored " +
    "beside each day as qa.json, with the first ten offending records of each check. Exit " +
    "code 1 when a check fails.",
  changes: "operations",
  shippedRegistry: true,
  examples: [
    "ssmd qa run --feed kraken --date 2026-08-01 --check monotonic_time,range,crossed_book",
    "ssmd qa run --feed kraken --version v1 --check monotonic_time --output json",
  ],
  flags: {
    ...VERSION_FLAGS,
    ...SPAN_FLAGS,
    version: RECORDS_VERSION,
    check: list("Only these checks, separated by commas", { placeholder: "checks" }),
  },
  output: z.object({ ok: z.boolean(), reports: z.array(QA_REPORT) }),
  table: reportTable,
  failed: ({ ok }) => !ok,
  async run({ flags, context }) {
    const { feed, version } = flags;
    const registry = await registryDirOf(context.globals);
    const rules = chosenRules(await loadQaRules(registry, feed), flags.check);
    const calendar = await loadCalendar(registry, await loadFeed(registry, feed));
    const reports = await withArchive(context, flags, async ({ storage, env }) => {
      const feedVersion = version === undefined ? { env, feed } : { env, feed, version };
      const reports: QaReport[] = [];
      for (const each of await versionDays(storage, feedVersion, daySpanOf(flags))) {
        const software = `${VERSION}+${COMMIT}`;
        const day = { storage, env, feed, ...each, rules, software };
        reports.push(await runQa(calendar === undefined ? day : { ...day, calendar }));
      }
      return reports.map(qaReportView);
    });
    for (const line of reports.flatMap(offenderLines)) notice(context, line);
    return { ok: reports.every((report) => report.ok), reports };
  },
});

const CHECKS: readonly QaCheck["type"][] = [
  "max_gap",
  "range",
  "presence",
  "monotonic_time",
  "crossed_book",
  "duplicate_ids",
];

function chosenRules(rules: QaRules, names: readonly string[] | undefined): QaRules {
  if (names === undefined) return rules;
  const strange = names.find((name) => !(CHECKS as readonly string[]).includes(name));
  if (strange !== undefined) {
    throw new UsageError("CHECK_UNKNOWN", `There is no check "${strange}"`, {
      hint: suggestion(strange, CHECKS),
    });
  }
  const checks = rules.checks.filter(({ type }) => names.includes(type));
  if (checks.length > 0) return { ...rules, checks };
  throw new UsageError(
    "CHECK_UNKNOWN",
    `No check of ${rules.feed} is one of ${names.join(", ")}`,
    {
      hint: `There are: ${[...new Set(rules.checks.map(({ type }) => type))].join(", ")}`,
    },
  );
}
