import { buildCommand, type Command } from "@stricli/core";
import { type QaReport, runQa } from "@ssmd/dataset/qa";
import { loadCalendar, loadFeed, loadQaRules, type QaCheck, type QaRules } from "@ssmd/metadata";
import { COMMIT, suggestion, VERSION } from "@ssmd/runtime";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { SPAN_FLAGS, type SpanFlags } from "../archive/time_span.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { docs, listFlag, textFlag } from "../registry/flags.ts";
import { registryDirOf } from "../registry_dir.ts";
import { render } from "../render.ts";
import { daySpanOf, FEED_FLAG, VERSION_FLAGS, type VersionFlags } from "../reprocess/flags.ts";
import { versionDays } from "@ssmd/dataset/qa";
import { offenderLines, reportRows } from "../reprocess/qa_view.ts";

interface Flags extends VersionFlags, SpanFlags {
  feed: string;
  version?: string;
  check?: string[];
}

/** `ssmd qa run` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Check days of a feed: silence, ranges, presence, time, books, ids",
    "The checks stand in exchanges/qa/<feed>.yaml: max_gap, range, presence (of every hour between " +
      "the feed's first and last record that its calendar has open), monotonic_time, crossed_book (books are rebuilt) and " +
      "duplicate_ids. Results are stored beside each day as qa.json, with the first ten offending " +
      "records of each check. Exit code 1 when a check fails.",
    [
      "ssmd qa run --feed kraken --date 2026-08-01 --check monotonic_time,range,crossed_book",
      "ssmd qa run --feed kraken --version v1 --check monotonic_time --output json",
    ],
  ),
  parameters: {
    flags: {
      ...VERSION_FLAGS,
      feed: FEED_FLAG,
      ...SPAN_FLAGS,
      version: textFlag("Version of the records; default: what readers get", "version"),
      check: listFlag("Only these checks, with commas between", "checks"),
    },
  },
  func: run,
});

async function run(this: SsmdContext, flags: Flags): Promise<void> {
  const { dir } = this.globals;
  const registry = await registryDirOf(this.globals);
  const rules = chosen(await loadQaRules(registry, flags.feed), flags.check);
  const calendar = await loadCalendar(registry, await loadFeed(registry, flags.feed));
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    const env = await envOf(storage, flags.env);
    const { feed, version } = flags;
    const place = version === undefined ? { env, feed } : { env, feed, version };
    const reports: QaReport[] = [];
    for (const each of await versionDays(storage, place, daySpanOf(flags))) {
      const software = `${VERSION}+${COMMIT}`;
      const day = { storage, env, feed, ...each, rules, software };
      reports.push(await runQa(calendar === undefined ? day : { ...day, calendar }));
    }
    const ok = reports.every((report) => report.ok);
    const value = { ok, reports };
    this.process.stdout.write(
      render({ value, rows: reportRows(reports), counted: "check" }, flags.output),
    );
    for (const line of reports.flatMap(offenderLines)) notice(this, line);
    if (!ok) Deno.exitCode = 1;
  } finally {
    await storage.close();
  }
}

const CHECKS: readonly QaCheck["type"][] = [
  "max_gap",
  "range",
  "presence",
  "monotonic_time",
  "crossed_book",
  "duplicate_ids",
];

function chosen(rules: QaRules, names: readonly string[] | undefined): QaRules {
  if (names === undefined) return rules;
  const strange = names.find((name) => !(CHECKS as readonly string[]).includes(name));
  if (strange !== undefined) {
    throw new UsageError("CHECK_UNKNOWN", `There is no check "${strange}".`, {
      hint: suggestion(strange, CHECKS),
    });
  }
  const checks = rules.checks.filter(({ type }) => names.includes(type));
  if (checks.length > 0) return { ...rules, checks };
  throw new UsageError(
    "CHECK_UNKNOWN",
    `No check of ${rules.feed} is one of ${names.join(", ")}.`,
    {
      hint: `There are: ${[...new Set(rules.checks.map(({ type }) => type))].join(", ")}.`,
    },
  );
}
