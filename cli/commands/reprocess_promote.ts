import { z } from "zod";
import {
  activeVersionOn,
  type ActiveVersions,
  loadActiveVersions,
  saveActiveVersions,
} from "@ssmd/archive";
import { isoOfUs, nowUs } from "@ssmd/runtime";
import { withArchive } from "../archive/with_archive.ts";
import { SPAN_FLAGS } from "../archive/archive_flags.ts";
import { auditArchive } from "../archive/audit_archive.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { assertConfirmed } from "../confirm.ts";
import { UsageError } from "../exit.ts";
import { countText } from "../format.ts";
import { daySpanOf, VERSION_FLAGS } from "../reprocess/flags.ts";
import { type VersionInfo, versionNamed, versionsIn } from "@ssmd/dataset/versions";

const CHANGE = z.object({ day: z.string(), from: z.string(), to: z.string() });

export default defineCommand({
  name: "reprocess promote",
  brief: "Let readers take a version where they name none",
  description:
    "Without days the version becomes the default: every day is read of it, but days that it does " +
    "not have, which stay with the version that they are read of now. With days, these alone. " +
    "One object is written, normalized/{env}/{feed}/promoted.json: a reader sees the old choice or " +
    "the new one. v1, what the archiver writes, is made active the same way. The journal keeps who " +
    "did it.",
  examples: [
    "ssmd reprocess promote v1 --feed kraken --dry-run",
    "ssmd reprocess promote v2 --feed kraken --data ./data --date 2026-08-01 --yes",
  ],
  flags: { ...VERSION_FLAGS, ...SPAN_FLAGS, dryRun: DRY_RUN },
  args: [text("The version that is read", { placeholder: "version", required: true })],
  output: z.object({
    env: z.string(),
    feed: z.string(),
    version: z.string(),
    dry_run: z.boolean(),
    default: z.string().describe("Version of days that have no choice of their own"),
    changes: z.array(CHANGE),
  }),
  table: ({ changes }) => ({ rows: changes, counted: "change" }),
  run: ({ flags, args: [version], context }) =>
    withArchive(context, flags, async ({ storage, env }) => {
      const { feed, data, dryRun, date, from, to } = flags;
      const chosen = await versionNamed(storage, { env, feed, version });
      const versions = await versionsIn(storage, { env, feed });
      const days = [...new Set(versions.flatMap((info) => info.days))].sort();
      const before = await loadActiveVersions(storage, env, feed);
      const after = (date ?? from ?? to) === undefined
        ? withDefault(before, chosen, days)
        : withDays(before, chosen, daySpanOf(flags));
      const changes = changesOf(before, after, days);
      const value = { env, feed, version, dry_run: dryRun, default: after.default, changes };
      if (dryRun || isSame(before, after)) return value;
      const what = countText(changes.length, "day");
      assertConfirmed(context, `Read ${version} of ${env}/${feed} on ${what}?`);
      await auditArchive(context, { env, data }, {
        ...{ action: "promote", feed, version, days: changes.length, default: after.default },
      });
      await saveActiveVersions(storage, { ...after, updatedAt: isoOfUs(nowUs()) });
      return value;
    }),
});

function withDays(
  before: ActiveVersions,
  { version, days }: VersionInfo,
  { from, to }: { from: string; to: string },
): ActiveVersions {
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
  before: ActiveVersions,
  { version, days: own }: VersionInfo,
  all: readonly string[],
): ActiveVersions {
  const kept = all.filter((day) => !own.includes(day)).map((
    day,
  ) => [day, activeVersionOn(before, day)]);
  return { ...before, default: version, days: tidy(Object.fromEntries(kept), version) };
}

/** Without days that say what the default says; in order. */
function tidy(days: Record<string, string>, standard: string): Record<string, string> {
  const entries = Object.entries(days).filter(([, version]) => version !== standard);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function changesOf(before: ActiveVersions, after: ActiveVersions, days: readonly string[]) {
  return days.map((day) => ({
    day,
    from: activeVersionOn(before, day),
    to: activeVersionOn(after, day),
  }))
    .filter(({ from, to }) => from !== to);
}

function isSame(a: ActiveVersions, b: ActiveVersions): boolean {
  return a.default === b.default && JSON.stringify(a.days) === JSON.stringify(b.days);
}
