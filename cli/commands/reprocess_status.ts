import { z } from "zod";
import { loadManifest, type Manifest } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import { withArchive } from "../archive/with_archive.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { notice, type SsmdContext } from "../context.ts";
import { bytesText, countText } from "../format.ts";
import type { Row } from "../render.ts";
import { VERSION_FLAGS } from "../reprocess/flags.ts";
import { stateOf, type VersionInfo, versionNamed, versionsIn } from "@ssmd/dataset/versions";

const RUN = z.object({
  version: z.string(),
  state: z.string().describe("running, interrupted, failed or done"),
  progress: z.object({
    day: z.string(),
    days: z.int(),
    done: z.int(),
    started_at: z.string().describe("ISO 8601"),
    at: z.string().describe("Time of this status, ISO 8601"),
    host: z.string(),
  }).nullable().describe("null = no run in progress"),
  failure: z.string().describe("Why the last run ended early; empty = it did not"),
});

const DAY = z.object({
  version: z.string(),
  day: z.string(),
  status: z.string(),
  records: z.int(),
  bytes: z.int(),
  quality: z.number(),
  read: z.boolean().describe("Whether readers get this version by default"),
  whole: z.boolean().nullable().describe("Whether raw was complete; null = not reprocessed"),
  notes: z.array(z.string()),
});

const STATUS = z.object({
  env: z.string(),
  feed: z.string(),
  runs: z.array(RUN),
  days: z.array(DAY),
});

export default defineCommand({
  name: "reprocess status",
  brief: "Show a version day by day, with the progress of a run",
  description:
    "Shows all versions of the feed unless --as names one. Read: whether readers get this " +
    "version of the day by default. All of raw: whether raw had every line that the day " +
    "needs.",
  examples: [
    "ssmd reprocess status --feed kraken",
    "ssmd reprocess status --feed kraken --as v1 --output json",
  ],
  flags: { ...VERSION_FLAGS, as: text("Only this version", { placeholder: "version" }) },
  output: STATUS,
  table: ({ days }) => ({ rows: days.map(rowOf), counted: "day" }),
  async run({ flags, context }) {
    const { feed, as: version } = flags;
    const status = await withArchive(context, flags, async ({ storage, env }) => {
      const versions = version === undefined
        ? await versionsIn(storage, { env, feed })
        : [await versionNamed(storage, { env, feed, version })];
      const days = await Promise.all(versions.map((info) => daysOf(storage, info)));
      return { env, feed, runs: versions.flatMap(runOf), days: days.flat() };
    });
    reportRuns(context, status.runs);
    return status;
  },
});

function runOf(info: VersionInfo): z.output<typeof RUN>[] {
  const { version, job } = info;
  if (job === undefined) return [];
  const { progress, failure } = job;
  if (progress === null) return [{ version, state: stateOf(info), progress, failure }];
  const { startedAt, day, days, done, at, host } = progress;
  const view = { day, days, done, started_at: startedAt, at, host };
  return [{ version, state: stateOf(info), progress: view, failure }];
}

function reportRuns(context: SsmdContext, runs: readonly z.output<typeof RUN>[]): void {
  for (const { version, state, progress, failure } of runs) {
    if (progress !== null) {
      const { day, done, days, started_at, host } = progress;
      const far = `${done} of ${countText(days, "day")}, at ${day}`;
      notice(context, `${version}: ${state}, ${far} (since ${started_at} on ${host})`);
    }
    if (failure !== "") notice(context, `${version}: the last run failed: ${failure}`);
  }
}

async function daysOf(storage: Storage, info: VersionInfo): Promise<z.output<typeof DAY>[]> {
  const { env, feed, version } = info;
  const days: z.output<typeof DAY>[] = [];
  for (const day of info.days) {
    const manifest = await loadManifest(storage, { kind: "normalized", env, feed, version, day });
    if (manifest !== undefined) days.push(dayOf(info, day, manifest));
  }
  return days;
}

function dayOf({ version, activeDays, job }: VersionInfo, day: string, manifest: Manifest) {
  const { status, count, bytes, quality } = manifest;
  const made = job?.days[day];
  return {
    ...{ version, day, status, records: count, bytes, quality, read: activeDays.includes(day) },
    whole: made?.whole ?? null,
    notes: [...made?.notes ?? []],
  };
}

function rowOf({ notes, whole, bytes, read, ...day }: z.output<typeof DAY>): Row {
  return {
    ...day,
    size: bytesText(bytes),
    read: read ? "yes" : "no",
    "all of raw": whole === null ? undefined : whole ? "yes" : "no",
    notes: notes.join("; "),
  };
}
