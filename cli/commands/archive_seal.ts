import { buildCommand, type Command } from "@stricli/core";
import type { SealProgress } from "@ssmd/dataset/seal";
import { ArchiveError, COMMIT, nowUs, SsmdError, VERSION } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { openArchive } from "../archive/open_archive.ts";
import { isOneDay, sealableDays, sealDays, type SealOutcome } from "@ssmd/dataset/seal";
import { SPAN_FLAGS, type SpanFlags, spanOf } from "../archive/time_span.ts";
import { notice, type SsmdContext } from "../context.ts";
import { ARCHIVE_FLAG, ENV_FILTER_FLAG, OUTPUT_FLAG } from "../flags.ts";
import { bytesText, countText } from "../format.ts";
import { docs, switchFlag } from "../registry/flags.ts";
import { type OutputFormat, render, type Row } from "../render.ts";

interface Flags extends SpanFlags {
  data?: string;
  env?: string;
  feed?: string;
  temp?: string;
  force: boolean;
  dryRun: boolean;
  output: OutputFormat;
}

const FEED_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "One feed only",
  optional: true,
  placeholder: "feed",
  completes: "feed",
} as const;

const TEMP_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "Folder for temporary files; default: within a local archive, else the system's",
  optional: true,
  placeholder: "dir",
  completes: "dir",
} as const;

/** `ssmd archive seal` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Merge the minute files of days that are over into one object a type",
    "Of each type all records of the day, sorted by symbol and receive time, in one object with an " +
      "index: a symbol's day is then two range reads. The object is read back completely before " +
      "the day's manifest names it; then the minute files are removed. Killed at any moment, the " +
      "next call goes on from there. Services may run: records that come late are kept beside the " +
      "sealed object, and the next call takes them in.\n\n" +
      "Records that have no room in memory wait in a temporary file: about the day's compressed " +
      "size, in --temp or the archive's folder. State: sealed, due (it would be, in a dry run), " +
      "already (nothing was left to do), open (not over yet: a day is over at 00:01 UTC of the next), failed.",
    [
      "ssmd archive seal",
      "ssmd archive seal --env demo --feed kraken --date 2026-08-01",
      "ssmd archive seal --data ./data --from 2026-07-01 --to 2026-09-01 --dry-run",
      "ssmd archive seal --date 2026-08-01 --force --output json",
    ],
  ),
  parameters: {
    flags: {
      data: ARCHIVE_FLAG,
      env: ENV_FILTER_FLAG,
      feed: FEED_FLAG,
      ...SPAN_FLAGS,
      temp: TEMP_FLAG,
      force: switchFlag("Seal a day that is not over too: what it has now"),
      dryRun: switchFlag("Tell what would be sealed, and change nothing"),
      output: OUTPUT_FLAG,
    },
  },
  func: runSeal,
});

async function runSeal(this: SsmdContext, flags: Flags): Promise<void> {
  const { dir } = this.globals;
  const { stderr, stdout } = this.process;
  const span = spanOf(flags);
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  const days: SealOutcome[] = [];
  const tempDir = flags.temp ?? await tempDirOf(storage);
  const startMs = performance.now();
  try {
    const { env, feed, dryRun, force } = flags;
    const places = await sealableDays(storage, {
      span,
      ...(env === undefined ? {} : { env }),
      ...(feed === undefined ? {} : { feed }),
    });
    if (places.length === 0) throw nothingThere(storage);
    const shown = Deno.stderr.isTerminal() && !this.globals.quiet;
    const outcomes = sealDays(places, {
      ...{ storage, dryRun, force, nowUs },
      tempDir,
      software: { version: VERSION, commit: COMMIT },
      ...(shown ? { onProgress: progressTo((text) => stderr.write(text)) } : {}),
    });
    for await (const outcome of outcomes) days.push(outcome);
    if (shown) stderr.write("\r\x1b[K");
  } finally {
    // Made for this call, it goes with it; what others have in it stays.
    if (flags.temp === undefined) await Deno.remove(tempDir).catch(() => {});
    await storage.close();
  }
  const value = { dryRun: flags.dryRun, days };
  const isYoung = days.every(({ state }) => state === "open");
  if (isYoung && flags.output === "table") stdout.write(`${youngText(days.length)}\n`);
  else stdout.write(render({ value, rows: days.flatMap(rowsOf), counted: "row" }, flags.output));
  tell(this, flags, days, performance.now() - startMs);
  if (isOneDay(span) && days.every((each) => each.state === "open")) throw notOver(days[0]);
}

async function tempDirOf(storage: Storage): Promise<string> {
  if (storage.type === "local") return `${storage.location}/.temp`;
  return await Deno.makeTempDir({ prefix: "ssmd-seal-" });
}

function rowsOf({ env, feed, version, day, state, types }: SealOutcome): Row[] {
  const place = { env, feed, version, day };
  const empty = { type: null, records: null, files: null, before: null, after: null, share: null };
  if (types.length === 0) return [{ ...place, ...empty, state }];
  return types.map(({ type, records, files, bytes, sealed }) => ({
    ...place,
    ...{ type, records, files },
    before: bytesText(bytes),
    after: sealed === undefined ? null : bytesText(sealed.bytes),
    share: sealed === undefined ? null : `${Math.round(100 * sealed.bytes / bytes)} %`,
    state,
  }));
}

function tell(
  context: SsmdContext,
  { output, dryRun }: Flags,
  days: readonly SealOutcome[],
  ms: number,
): void {
  const { stderr } = context.process;
  for (const { error } of days) {
    if (error === undefined) continue;
    stderr.write(`problem: ${error.message}\n  ${error.hint}\n`);
    Deno.exitCode = 1;
  }
  if (output !== "table" || dryRun) return;
  const types = days.flatMap((day) => day.types);
  if (types.length === 0) return;
  const records = types.reduce((sum, each) => sum + each.records, 0);
  const seconds = Math.max(ms / 1000, 0.001);
  notice(
    context,
    `${records} records sealed and read back in ${seconds.toFixed(1)} s (${
      Math.round(records / seconds)
    }/s)`,
  );
}

function progressTo(write: (text: string) => void): (progress: SealProgress) => void {
  return ({ type, step, done, total }) =>
    write(`\r\x1b[K${type}: ${step} ${done} of ${total} records`);
}

function nothingThere({ location }: Storage): ArchiveError {
  return new ArchiveError("ARCHIVE_NOT_FOUND", `There is no such day in "${location}".`, {
    hint: "`ssmd archive verify` shows the days; --data names the folder that holds normalized/.",
  });
}

function youngText(days: number): string {
  return `nothing to seal yet: ${countText(days, "day")} not over (a day is, at 00:01 UTC of the ` +
    "next); --force seals what there is now";
}

function notOver(day: SealOutcome | undefined): SsmdError {
  return new ArchiveError("DAY_NOT_OVER", `${day?.env}/${day?.feed} ${day?.day} is not over yet.`, {
    hint: "A day is sealed after 00:01 UTC of the next; --force seals what is there now.",
  });
}
