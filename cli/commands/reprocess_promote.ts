import { buildCommand, type Command } from "@stricli/core";
import { loadPromoted, type Promoted, promotedOn, savePromoted } from "@ssmd/archive";
import { isoOfUs, nowUs } from "@ssmd/runtime";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { SPAN_FLAGS, type SpanFlags } from "../archive/time_span.ts";
import { assertConfirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { countText } from "../format.ts";
import { docs, switchFlag, word } from "../registry/flags.ts";
import { render } from "../render.ts";
import { auditVersions } from "../reprocess/audit.ts";
import { daySpanOf, FEED_FLAG, VERSION_FLAGS, type VersionFlags } from "../reprocess/flags.ts";
import { type VersionInfo, versionNamed, versionsIn } from "@ssmd/dataset/versions";

interface Flags extends VersionFlags, SpanFlags {
  feed: string;
  dryRun: boolean;
}

/** A day whose version changes. */
interface Change {
  day: string;
  from: string;
  to: string;
}

/** `ssmd reprocess promote` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Let readers take a version where they name none",
    "Without days the version becomes the default: every day is read of it, but days that it does " +
      "not have, which stay with the version that they are read of now. With days, these alone. " +
      "One object is written, normalized/{env}/{feed}/promoted.json: a reader sees the old choice or " +
      "the new one. v1, what the archiver writes, is promoted the same way. The journal keeps who " +
      "did it.",
    [
      "ssmd reprocess promote v1 --feed kraken --dry-run",
      "ssmd reprocess promote v2 --feed kraken --data ./data --date 2026-08-01 --yes",
    ],
  ),
  parameters: {
    flags: {
      ...VERSION_FLAGS,
      feed: FEED_FLAG,
      ...SPAN_FLAGS,
      dryRun: switchFlag("Show what would change and change nothing"),
    },
    positional: { kind: "tuple", parameters: [word("The version that is read", "version")] },
  },
  func: promote,
});

async function promote(this: SsmdContext, flags: Flags, version: string): Promise<void> {
  const { dir } = this.globals;
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    const env = await envOf(storage, flags.env);
    const place = { env, feed: flags.feed };
    const chosen = await versionNamed(storage, { ...place, version });
    const days = [...new Set((await versionsIn(storage, place)).flatMap((info) => info.days))]
      .sort();
    const before = await loadPromoted(storage, env, flags.feed);
    const after = isForDays(flags)
      ? withDays(before, chosen, daySpanOf(flags))
      : withDefault(before, chosen, days);
    const changes = changesOf(before, after, days);
    const value = {
      ...{ ...place, version, dryRun: flags.dryRun, default: after.default, changes },
    };
    this.process.stdout.write(
      render(
        { value, rows: changes.map((each) => ({ ...each })), counted: "change" },
        flags.output,
      ),
    );
    if (flags.dryRun || isSame(before, after)) return;
    const question = `Read ${version} of ${env}/${flags.feed} on ${
      countText(changes.length, "day")
    }?`;
    assertConfirmed(this, question);
    const archive = flags.data === undefined ? { env } : { env, data: flags.data };
    await auditVersions(this, archive, {
      ...{ action: "promote", feed: flags.feed, version, days: changes.length },
      default: after.default,
    });
    await savePromoted(storage, { ...after, updatedAt: isoOfUs(nowUs()) });
  } finally {
    await storage.close();
  }
}

function isForDays({ date, from, to }: Flags): boolean {
  return (date ?? from ?? to) !== undefined;
}

function withDays(
  before: Promoted,
  { version, days }: VersionInfo,
  { from, to }: { from: string; to: string },
): Promoted {
  const own = days.filter((day) => day >= from && day <= to);
  if (own.length === 0) {
    throw new UsageError("DAY_MISSING", `Version ${version} has none of these days.`, {
      hint: `It has ${days[0] ?? "none"} to ${days.at(-1) ?? "none"}.`,
    });
  }
  const changed = { ...before.days, ...Object.fromEntries(own.map((day) => [day, version])) };
  return { ...before, days: tidy(changed, before.default) };
}

/** Days that the version does not have stay with what they are read of. */
function withDefault(
  before: Promoted,
  { version, days: own }: VersionInfo,
  all: readonly string[],
): Promoted {
  const kept = all.filter((day) => !own.includes(day)).map((day) => [day, promotedOn(before, day)]);
  return { ...before, default: version, days: tidy(Object.fromEntries(kept), version) };
}

/** Without days that say what the default says; in order. */
function tidy(days: Record<string, string>, standard: string): Record<string, string> {
  const entries = Object.entries(days).filter(([, version]) => version !== standard);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function changesOf(before: Promoted, after: Promoted, days: readonly string[]): Change[] {
  return days.map((day) => ({ day, from: promotedOn(before, day), to: promotedOn(after, day) }))
    .filter(({ from, to }) => from !== to);
}

function isSame(a: Promoted, b: Promoted): boolean {
  return a.default === b.default && JSON.stringify(a.days) === JSON.stringify(b.days);
}
