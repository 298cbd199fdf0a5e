import { archivedEnvs, archiveNotFound } from "@ssmd/archive";
import { z } from "zod";
import {
  isOneDay,
  sealableDays,
  sealDays,
  type SealOutcome,
  type SealProgress,
} from "@ssmd/dataset/seal";
import { EVENT_TYPES } from "@ssmd/market";
import { ArchiveError, COMMIT, nowUs, SsmdError, VERSION } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { openArchive } from "../archive/open_archive.ts";
import type { TimeSpan } from "@ssmd/dataset/time_span";
import { spanOf } from "../archive/time_span.ts";
import { ARCHIVE, SPAN_FLAGS } from "../archive/archive_flags.ts";
import { DRY_RUN, ENVIRONMENT_FILTER, FEED_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { dir, on, type ValuesOf } from "../command/flag.ts";
import { notice, type SsmdContext } from "../context.ts";
import { bytesText, countText, shareText } from "../format.ts";
import type { Row } from "../render.ts";

const SEALED_TYPE = z.object({
  type: z.enum(EVENT_TYPES),
  records: z.int(),
  files: z.int().describe("Minute files that were merged, or would be in a dry run"),
  bytes: z.int().describe("Records in those files"),
  sealed: z.object({ key: z.string(), bytes: z.int(), symbols: z.int() }).optional(),
});

const DAY = z.object({
  env: z.string(),
  feed: z.string(),
  version: z.string(),
  day: z.string(),
  state: z.enum(["sealed", "due", "already", "absent", "open", "failed"]),
  types: z.array(SEALED_TYPE),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).exactOptional(),
});

const FLAGS = {
  data: ARCHIVE,
  env: ENVIRONMENT_FILTER,
  feed: FEED_FILTER,
  ...SPAN_FLAGS,
  temp: dir("Folder for temporary files; default: within a local archive, else the system's"),
  force: on("Also seal days that are not over, with the records they have now"),
  dryRun: DRY_RUN,
};

type Flags = ValuesOf<typeof FLAGS>;

export default defineCommand({
  name: "archive seal",
  brief: "Merge the minute files of finished days into one object per type",
  description:
    "Writes all records of a day and type, sorted by symbol and receive time, to one object " +
    "with an index: reading one symbol's day then takes two range reads. The object is read " +
    "back completely before the day's manifest names it; then the minute files are removed. " +
    "After an interruption, the next call resumes. Services may keep running: late records " +
    "are kept beside the sealed object, and the next call merges them.\n\nRecords that do " +
    "not fit in memory go to a temporary file of about the day's compressed size, in --temp " +
    "or the archive's folder. State: sealed, due (would be sealed; dry run only), already " +
    "(nothing left to do), open (not over yet: a day is over at 00:01 UTC of the next), " +
    "failed.",
  changes: "operations",
  examples: [
    "ssmd archive seal",
    "ssmd archive seal --env demo --feed kraken --date 2026-08-01",
    "ssmd archive seal --data ./data --from 2026-07-01 --to 2026-09-01 --dry-run",
    "ssmd archive seal --date 2026-08-01 --force --output json",
  ],
  flags: FLAGS,
  output: z.object({ dry_run: z.boolean(), days: z.array(DAY) }),
  table: ({ days }) =>
    days.every(({ state }) => state === "open")
      ? { text: `${notOverText(days.length)}\n` }
      : { rows: days.flatMap(rowsOf), counted: "row" },
  failed: ({ days }) => days.some(({ state }) => state === "failed"),
  async run({ flags, context }) {
    const span = spanOf(flags);
    const startMs = performance.now();
    const days = await seal(context, span, flags);
    if (isOneDay(span) && days.every((each) => each.state === "open")) throw notOver(days[0]);
    reportErrors(context, days);
    if (!flags.dryRun) reportPace(context, days, performance.now() - startMs);
    return { dry_run: flags.dryRun, days };
  },
});

async function seal(context: SsmdContext, span: TimeSpan, flags: Flags): Promise<SealOutcome[]> {
  const { globals, process: { stderr } } = context;
  const { env, feed, dryRun, force } = flags;
  const storage = await openArchive(
    globals.dir === undefined ? flags : { ...flags, registryDir: globals.dir },
  );
  const tempDir = flags.temp ?? await tempDirOf(storage);
  try {
    const manifestIds = await sealableDays(storage, {
      span,
      ...(env === undefined ? {} : { env }),
      ...(feed === undefined ? {} : { feed }),
    });
    if (manifestIds.length === 0) throw await noDays(storage);
    const shown = Deno.stderr.isTerminal() && !globals.quiet;
    const outcomes = await Array.fromAsync(sealDays(manifestIds, {
      ...{ storage, dryRun, force, nowUs, tempDir },
      software: { version: VERSION, commit: COMMIT },
      ...(shown ? { onProgress: progressTo((text) => stderr.write(text)) } : {}),
    }));
    if (shown) stderr.write("\r\x1b[K");
    return outcomes;
  } finally {
    // Not recursive, so a folder that others still use stays.
    if (flags.temp === undefined) await Deno.remove(tempDir).catch(() => {});
    await storage.close();
  }
}

async function tempDirOf(storage: Storage): Promise<string> {
  if (storage.type === "local") return `${storage.location}/.temp`;
  return await Deno.makeTempDir({ prefix: "ssmd-seal-" });
}

function rowsOf({ env, feed, version, day, state, types }: z.output<typeof DAY>): Row[] {
  const base = { env, feed, version, day };
  const empty = { type: null, records: null, files: null, before: null, after: null, share: null };
  if (types.length === 0) return [{ ...base, ...empty, state }];
  return types.map(({ type, records, files, bytes, sealed }) => ({
    ...base,
    ...{ type, records, files },
    before: bytesText(bytes),
    after: sealed === undefined ? null : bytesText(sealed.bytes),
    share: sealed === undefined ? null : `${Math.round(100 * sealed.bytes / bytes)} %`,
    state,
  }));
}

function reportErrors({ process: { stderr } }: SsmdContext, days: readonly SealOutcome[]): void {
  for (const { error } of days) {
    if (error !== undefined) stderr.write(`problem: ${error.message}\n  ${error.hint}\n`);
  }
}

function reportPace(context: SsmdContext, days: readonly SealOutcome[], ms: number): void {
  const types = days.flatMap((day) => day.types);
  if (types.length === 0) return;
  const records = types.reduce((sum, each) => sum + each.records, 0);
  const seconds = Math.max(ms / 1000, 0.001);
  const pace = `${seconds.toFixed(1)} s (${Math.round(records / seconds)}/s)`;
  notice(context, `${countText(records, "record")} sealed and read back in ${pace}`);
}

function progressTo(write: (text: string) => void): (progress: SealProgress) => void {
  let begun = { what: "", atMs: 0 };
  return ({ type, step, done, total }) => {
    const nowMs = performance.now();
    const what = `${type}: ${step}`;
    if (begun.what !== what) begun = { what, atMs: nowMs };
    const share = shareText(done, total, nowMs - begun.atMs);
    write(`\r\x1b[K${what} ${done} of ${total} records, ${share}`);
  };
}

async function noDays(storage: Storage): Promise<ArchiveError> {
  if ((await archivedEnvs(storage)).length === 0) return await archiveNotFound(storage);
  return new ArchiveError("ARCHIVE_NOT_FOUND", `There is no such day in "${storage.location}"`, {
    hint: "`ssmd archive verify` shows the days; --data names the folder that holds normalized/",
  });
}

function notOverText(days: number): string {
  return `nothing to seal yet: ${countText(days, "day")} not over (a day is, at 00:01 UTC of the ` +
    "next); --force seals what there is now";
}

function notOver(day: SealOutcome | undefined): SsmdError {
  return new ArchiveError("DAY_NOT_OVER", `${day?.env}/${day?.feed} ${day?.day} is not over yet`, {
    hint: "A day is sealed after 00:01 UTC of the next; --force seals what is there now",
  });
}
