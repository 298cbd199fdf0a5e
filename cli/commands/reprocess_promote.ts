import { z } from "zod";
import {
  activeVersionOn,
  type ActiveVersions,
  dayOfUs,
  loadActiveVersions,
  NORMALIZED_VERSION,
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
  brief: "Make a version the default of readers",
  description:
    "From now on readers get this version by default: for every day that it has, or only for " +
    "the given days. Days that have not ended, and future days, are read from v1, which the " +
    "archiver writes. The command writes one object, normalized/{env}/{feed}/promoted.json: " +
    "a reader sees either the old choice or the new one. To go back, promote v1. The journal " +
    "records who did it.",
  changes: "operations",
  shippedRegistry: true,
  examples: [
    "ssmd reprocess promote v1 --feed kraken --dry-run",
    "ssmd reprocess promote v2 --feed kraken --data ./data --date 2026-08-01 --yes",
  ],
  flags: { ...VERSION_FLAGS, ...SPAN_FLAGS, dryRun: DRY_RUN },
  args: [text("Version to promote", { placeholder: "version", required: true })],
  output: z.object({
    env: z.string(),
    feed: z.string(),
    version: z.string(),
    dry_run: z.boolean(),
    default: z.string().describe("Version of days without their own choice"),
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
      const isSpan = (date ?? from ?? to) !== undefined;
      const after = choose(before, chosen, { days, span: isSpan ? daySpanOf(flags) : undefined });
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

/** Only past days: a version made during a day lacks its later records. */
function choose(
  before: ActiveVersions,
  { version, days: own }: VersionInfo,
  { days, span }: { days: readonly string[]; span: { from: string; to: string } | undefined },
): ActiveVersions {
  const today = dayOfUs(nowUs());
  const isChosen = (day: string) =>
    own.includes(day) && (version === NORMALIZED_VERSION || day < today) &&
    (span === undefined || (day >= span.from && day <= span.to));
  if (span !== undefined && !days.some(isChosen)) {
    throw new UsageError("DAY_MISSING", `Version ${version} has none of these days, ended`, {
      hint: `It has ${own[0] ?? "none"} to ${own.at(-1) ?? "none"}, and today is ${today}`,
    });
  }
  const chosen = days.map((day) => [day, isChosen(day) ? version : activeVersionOn(before, day)]);
  return { ...before, default: NORMALIZED_VERSION, days: tidy(Object.fromEntries(chosen)) };
}

/** Drops days that use the default version, and sorts. */
function tidy(days: Record<string, string>): Record<string, string> {
  const entries = Object.entries(days).filter(([, version]) => version !== NORMALIZED_VERSION);
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
