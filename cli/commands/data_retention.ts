import { buildCommand, type Command } from "@stricli/core";
import type { OldDay } from "@ssmd/dataset/retention";
import { findRegistry, loadEnvironment } from "@ssmd/metadata";
import { COMMIT, ConfigError, nowUs, VERSION } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { auditArchive } from "../archive/audit_archive.ts";
import { openArchive } from "../archive/open_archive.ts";
import { confirmed } from "../confirm.ts";
import { notice, type SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { ARCHIVE_FLAG, OUTPUT_FLAG } from "../flags.ts";
import { bytesText, countText } from "../format.ts";
import { docs, switchFlag, textFlag } from "../registry/flags.ts";
import { type OutputFormat, render } from "../render.ts";

const ACTIONS = ["show", "apply"] as const;
type Action = (typeof ACTIONS)[number];

interface Flags {
  env: string;
  data?: string;
  dryRun: boolean;
  force: boolean;
  reason?: string;
  output: OutputFormat;
}

const RETENTION_ENV_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "Environment whose retention holds",
  placeholder: "env",
  completes: "environment",
} as const;

/** `ssmd data retention` */
export const command: Command<SsmdContext> = buildCommand<Flags, [Action?], SsmdContext>({
  docs: docs(
    "Show or remove archived days that are older than the environment keeps them",
    "The environment says how long: retention: { raw_days: 30, normalized_days: 3650 }; without it " +
      "days are kept for ever. Whole days go, as old as their end. Raw goes only when the records " +
      "made of it are complete and sealed; records go only when they are sealed. Manifests stay and " +
      "say that the day has expired, and the environment's journal records each day before it goes.\n\n" +
      "State: due (apply removes it), kept (something speaks against it, see why; --force with " +
      "--reason removes it all the same, but never an open day), unfinished (a removal was broken " +
      "off; apply finishes it), removed.",
    [
      "ssmd data retention --env brief",
      "ssmd data retention apply --env brief --dry-run",
      "ssmd data retention apply --env brief --yes",
      'ssmd data retention apply --env brief --yes --force --reason "test data"',
    ],
  ),
  parameters: {
    flags: {
      env: RETENTION_ENV_FLAG,
      data: ARCHIVE_FLAG,
      dryRun: switchFlag("Tell what would be removed, and remove nothing"),
      force: switchFlag("Remove days that something speaks against, with --reason"),
      reason: textFlag("Why they are removed; it stands in the manifest and the journal", "text"),
      output: OUTPUT_FLAG,
    },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "show or apply; default show",
        parse: parseAction,
        placeholder: "action",
        optional: true,
      }],
    },
  },
  func: runRetention,
});

function parseAction(text: string): Action {
  const found = ACTIONS.find((action) => action === text);
  if (found !== undefined) return found;
  throw new RangeError(`an action is ${ACTIONS.join(" or ")}`);
}

/** A day as it is printed. */
type ShownDay = Omit<OldDay, "state" | "isOpen"> & { state: OldDay["state"] | "removed" };

async function runRetention(this: SsmdContext, flags: Flags, action: Action = "show") {
  if (flags.force !== (flags.reason !== undefined)) {
    throw new UsageError("REASON_NEEDED", "--force and --reason go together.", {
      hint: '--force --reason "why"',
    });
  }
  const { planRetention } = await import("@ssmd/dataset/retention");
  const { dir } = this.globals;
  const registryDir = dir ?? await findRegistry(Deno.cwd());
  const { retention } = await loadEnvironment(registryDir, flags.env);
  if (retention === undefined) throw noRetention(flags.env);
  const storage = await openArchive({ ...flags, registryDir });
  try {
    const days = await planRetention({ storage, env: flags.env, retention, nowUs: nowUs() });
    const going = days.filter((day) => day.state !== "kept" || (flags.force && !day.isOpen));
    const remove = action === "apply" && !flags.dryRun && going.length > 0 &&
      confirmed(this, questionOf(going));
    if (remove) await removeDays(this, flags, storage, going);
    const shown = days.map(({ isOpen: _, ...day }): ShownDay =>
      remove && going.some((each) => each.day === day.day && sameKind(each, day))
        ? { ...day, state: "removed" }
        : day
    );
    show(this, flags, shown);
  } finally {
    await storage.close();
  }
}

function sameKind(a: Omit<OldDay, "isOpen">, b: Omit<OldDay, "isOpen">): boolean {
  return a.kind === b.kind && a.feed === b.feed && a.version === b.version;
}

function noRetention(env: string): ConfigError {
  return new ConfigError("RETENTION_ABSENT", `Environment ${env} keeps its days for ever.`, {
    hint: "retention: { raw_days: 30, normalized_days: 3650 } in its file says how long.",
  });
}

function questionOf(days: readonly OldDay[]): string {
  const bytes = days.reduce((sum, day) => sum + day.bytes, 0);
  return `Remove ${countText(days.length, "day")}, ${bytesText(bytes)}? They cannot be got back.`;
}

async function removeDays(
  context: SsmdContext,
  { env, reason }: Flags,
  storage: Storage,
  days: readonly OldDay[],
): Promise<void> {
  const { expireDay } = await import("@ssmd/dataset/retention");
  for (const day of days) {
    const { kind, feed, day: date, version = "", files, count, bytes, keptDays, why } = day;
    await auditArchive(context, env, {
      ...{ action: "retention", kind, feed, date, version, files, count, bytes, keptDays, why },
      reason: reason ?? "",
    });
    await expireDay(day, {
      ...{ storage, nowUs, writtenBy: `${VERSION}+${COMMIT}` },
      ...(reason === undefined ? {} : { reason }),
    });
  }
}

function show(context: SsmdContext, { output }: Flags, days: readonly ShownDay[]): void {
  const rows = days.map(({ env: _, keptDays, count, bytes, kind, version, ...day }) => ({
    kind,
    ...day,
    version,
    records: count,
    size: bytesText(bytes),
    "kept days": keptDays,
  }));
  const columns = ["kind", "feed", "day", "state", "files", "records", "size", "kept days", "why"];
  context.process.stdout.write(render({ value: days, rows, columns, counted: "day" }, output));
  const kept = days.filter(({ state }) => state === "kept").length;
  if (kept > 0 && output === "table") {
    notice(context, `${countText(kept, "old day")} stay: see why.`);
  }
}
