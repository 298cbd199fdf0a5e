import { z } from "zod";
import type { OldDay } from "@ssmd/dataset/retention";
import { loadEnvironment } from "@ssmd/metadata";
import { COMMIT, ConfigError, nowUs, VERSION } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { auditArchive, type AuditedArchive } from "../archive/audit_archive.ts";
import { openArchive } from "../archive/open_archive.ts";
import { ARCHIVE } from "../archive/archive_flags.ts";
import { DRY_RUN, ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { on, text, word } from "../command/flag.ts";
import { confirmed } from "../confirm.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { bytesText, countText } from "../format.ts";
import { registryDirOf } from "../registry_dir.ts";

const DAY = z.object({
  kind: z.enum(["raw", "normalized"]),
  env: z.string(),
  feed: z.string(),
  date: z.string(),
  version: z.string().exactOptional().describe("Number of normalized records"),
  files: z.int(),
  records: z.int().describe("Number of frames, for raw days"),
  bytes: z.int(),
  kept_days: z.int().describe("Retention of such days in the environment"),
  why: z.string().describe("Why the day is kept; empty = it is not kept"),
  state: z.enum(["due", "kept", "unfinished", "removed"]),
});

export default defineCommand({
  name: "data retention",
  brief: "Show or remove archived days past the environment's retention",
  description:
    "The environment sets the retention: retention: { raw_days: 30, normalized_days: 3650 }; " +
    "without it days are kept for ever. Whole days are removed, by the age of their end. Raw " +
    "data is removed only when its records are complete and sealed; records are removed only " +
    "when they are sealed. Manifests stay and mark the day as expired, and the environment's " +
    "journal records each day before it is removed.\n\nState: due (apply removes it), kept " +
    "(the column why has the reason; --force with --reason removes it anyway, but never an " +
    "open day), unfinished (a removal was interrupted; apply finishes it), removed.",
  changes: "operations",
  shippedRegistry: true,
  examples: [
    "ssmd data retention --env brief",
    "ssmd data retention apply --env brief --dry-run",
    "ssmd data retention apply --env brief --yes",
    'ssmd data retention apply --env brief --yes --force --reason "test data"',
  ],
  flags: {
    env: ENVIRONMENT_REQUIRED,
    data: ARCHIVE,
    dryRun: DRY_RUN,
    force: on("Also remove days that would be kept, with --reason"),
    reason: text("Reason of a forced removal, written to the manifest and the journal"),
  },
  args: [
    word(["show", "apply"], "show or apply", { placeholder: "action", default: "show" }),
  ],
  output: z.array(DAY),
  table: (days) => ({
    rows: days.map(({ bytes, kept_days, ...day }) => ({
      ...day,
      size: bytesText(bytes),
      "kept days": kept_days,
    })),
    columns: ["kind", "feed", "date", "state", "files", "records", "size", "kept days", "why"],
    counted: "day",
  }),
  async run({ flags, args: [action], context }) {
    const { env, data, force, reason } = flags;
    if (force !== (reason !== undefined)) {
      throw new UsageError("REASON_NEEDED", "--force and --reason go together", {
        hint: '--force --reason "why"',
      });
    }
    const { planRetention } = await import("@ssmd/dataset/retention");
    const registryDir = await registryDirOf(context.globals);
    const { retention } = await loadEnvironment(registryDir, env);
    if (retention === undefined) throw noRetention(env);
    const storage = await openArchive({
      env,
      registryDir,
      ...(data === undefined ? {} : { data }),
    });
    try {
      const days = await planRetention({ storage, env, retention, nowUs: nowUs() });
      const expiring = days.filter((day) => day.state !== "kept" || (force && !day.isOpen));
      const remove = action === "apply" && !flags.dryRun && expiring.length > 0 &&
        confirmed(context, questionOf(expiring));
      if (remove) await removeDays(context, { archive: { env, data }, reason, storage }, expiring);
      reportKept(
        context,
        days.filter((day) => day.state === "kept" && !(remove && expiring.includes(day))),
      );
      return days.map((day) => viewOf(day, remove && expiring.includes(day)));
    } finally {
      await storage.close();
    }
  },
});

function viewOf(day: OldDay, isRemoved: boolean): z.output<typeof DAY> {
  const { kind, env, feed, version, files, count, bytes, keptDays, why, state } = day;
  return {
    ...{ kind, env, feed, date: day.day, ...(version === undefined ? {} : { version }) },
    ...{ files, records: count, bytes, kept_days: keptDays, why },
    state: isRemoved ? "removed" : state,
  };
}

function noRetention(env: string): ConfigError {
  return new ConfigError("RETENTION_ABSENT", `Environment ${env} keeps its days for ever`, {
    hint: "retention: { raw_days: 30, normalized_days: 3650 } in its file says how long",
  });
}

function questionOf(days: readonly OldDay[]): string {
  const bytes = days.reduce((sum, day) => sum + day.bytes, 0);
  return `Remove ${countText(days.length, "day")}, ${bytesText(bytes)}? They cannot be got back.`;
}

async function removeDays(
  context: SsmdContext,
  { archive, reason, storage }: {
    archive: AuditedArchive;
    reason: string | undefined;
    storage: Storage;
  },
  days: readonly OldDay[],
): Promise<void> {
  const { expireDay } = await import("@ssmd/dataset/retention");
  for (const day of days) {
    const { kind, feed, day: date, version = "", files, count, bytes, keptDays, why } = day;
    await auditArchive(context, archive, {
      ...{ action: "retention", kind, feed, date, version, files, count, bytes, keptDays, why },
      reason: reason ?? "",
    });
    await expireDay(day, {
      ...{ storage, nowUs, writtenBy: `${VERSION}+${COMMIT}` },
      ...(reason === undefined ? {} : { reason }),
    });
  }
}

function reportKept(context: SsmdContext, kept: readonly OldDay[]): void {
  if (kept.length > 0) notice(context, `${countText(kept.length, "old day")} stay: see why.`);
}
