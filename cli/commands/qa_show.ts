import { buildCommand, type Command } from "@stricli/core";
import { loadManifest } from "@ssmd/archive";
import { inputOf, loadQaReport, type QaReport } from "@ssmd/dataset/qa";
import type { Storage } from "@ssmd/storage";
import { ArchiveError } from "@ssmd/runtime";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { SPAN_FLAGS, type SpanFlags } from "../archive/time_span.ts";
import { notice, type SsmdContext } from "../context.ts";
import { docs, textFlag } from "../registry/flags.ts";
import { render } from "../render.ts";
import { daySpanOf, FEED_FLAG, VERSION_FLAGS, type VersionFlags } from "../reprocess/flags.ts";
import { versionDays } from "@ssmd/dataset/qa";
import { offenderLines, reportRows } from "../reprocess/qa_view.ts";

interface Flags extends VersionFlags, SpanFlags {
  feed: string;
  version?: string;
}

/** `ssmd qa show` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Show what the checks of a day found",
    "As it was stored when the checks ran last. A day that has changed since is told, as is one that " +
      "was never checked. Exit code 1 when a check failed.",
    ["ssmd qa show --feed kraken", "ssmd qa show --feed kraken --date 2026-08-01 --output json"],
  ),
  parameters: {
    flags: {
      ...VERSION_FLAGS,
      feed: FEED_FLAG,
      ...SPAN_FLAGS,
      version: textFlag("Version of the records; default: what readers get", "version"),
    },
  },
  func: show,
});

async function show(this: SsmdContext, flags: Flags): Promise<void> {
  const { dir } = this.globals;
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    const env = await envOf(storage, flags.env);
    const { feed, version } = flags;
    const place = version === undefined ? { env, feed } : { env, feed, version };
    const reports: (QaReport & { outdated: boolean })[] = [];
    const unchecked: string[] = [];
    for (const each of await versionDays(storage, place, daySpanOf(flags))) {
      const report = await loadQaReport(storage, { env, feed, ...each });
      if (report === undefined) unchecked.push(each.day);
      else reports.push({ ...report, outdated: await isOutdated(storage, report) });
    }
    if (reports.length === 0) throw neverChecked(env, feed);
    const ok = reports.every((report) => report.ok);
    const value = { ok, reports, unchecked };
    this.process.stdout.write(
      render({ value, rows: reportRows(reports), counted: "check" }, flags.output),
    );
    for (const line of reports.flatMap(offenderLines)) notice(this, line);
    for (const { day, outdated } of reports) {
      if (outdated) notice(this, `note: ${day} has changed since it was checked`);
    }
    for (const day of unchecked) notice(this, `note: ${day} was never checked`);
    if (!ok) Deno.exitCode = 1;
  } finally {
    await storage.close();
  }
}

async function isOutdated(storage: Storage, report: QaReport): Promise<boolean> {
  const manifest = await loadManifest(storage, { kind: "normalized", ...report });
  return manifest === undefined || inputOf(manifest) !== report.input;
}

function neverChecked(env: string, feed: string): ArchiveError {
  return new ArchiveError("NEVER_CHECKED", `No such day of ${env}/${feed} was ever checked.`, {
    hint: `Check it: ssmd qa run --feed ${feed}`,
    context: { env, feed },
  });
}
