import { buildCommand, type Command } from "@stricli/core";
import { loadManifest, type Manifest } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "../archive/open_archive.ts";
import { notice, type SsmdContext } from "../context.ts";
import { bytesText } from "../format.ts";
import { docs, textFlag } from "../registry/flags.ts";
import { render, type Row } from "../render.ts";
import { FEED_FLAG, VERSION_FLAGS, type VersionFlags } from "../reprocess/flags.ts";
import { stateOf, type VersionInfo, versionNamed, versionsIn } from "@ssmd/dataset/versions";

interface Flags extends VersionFlags {
  feed: string;
  as?: string;
}

/** `ssmd reprocess status` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Show a version day by day, and how far a run is",
    "All versions of the feed unless --as names one. Read: whether readers get this version of the " +
      "day when they name none. All of raw: whether raw had every line that the day needs.",
    [
      "ssmd reprocess status --feed kraken",
      "ssmd reprocess status --feed kraken --as v1 --output json",
    ],
  ),
  parameters: {
    flags: {
      ...VERSION_FLAGS,
      feed: FEED_FLAG,
      as: textFlag("One version only", "version"),
    },
  },
  func: status,
});

interface DayStatus {
  version: string;
  day: string;
  status: string;
  records: number;
  bytes: number;
  quality: number;
  read: boolean;
  whole: boolean | null;
  notes: string[];
}

async function status(this: SsmdContext, flags: Flags): Promise<void> {
  const { dir } = this.globals;
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    const env = await envOf(storage, flags.env);
    const { feed, as: version } = flags;
    const versions = version === undefined
      ? await versionsIn(storage, { env, feed })
      : [await versionNamed(storage, { env, feed, version })];
    const days: DayStatus[] = [];
    for (const info of versions) days.push(...await daysOf(storage, info));
    const runs = versions.flatMap((info) => {
      const { job } = info;
      if (job === undefined) return [];
      const { progress, failure } = job;
      return [{ version: info.version, state: stateOf(info), progress, failure }];
    });
    const value = { env, feed, runs, days };
    this.process.stdout.write(
      render({ value, rows: days.map(rowOf), counted: "day" }, flags.output),
    );
    for (const { version, state, progress, failure } of runs) {
      if (progress !== null) {
        const { day, done, days, startedAt, host } = progress;
        const far = `${done} of ${days} days, at ${day}`;
        notice(this, `${version}: ${state}, ${far} (since ${startedAt} on ${host})`);
      }
      if (failure !== "") notice(this, `${version}: the last run failed: ${failure}`);
    }
  } finally {
    await storage.close();
  }
}

async function daysOf(storage: Storage, info: VersionInfo): Promise<DayStatus[]> {
  const { env, feed, version } = info;
  const rows: DayStatus[] = [];
  for (const day of info.days) {
    const manifest = await loadManifest(storage, { kind: "normalized", env, feed, version, day });
    if (manifest !== undefined) rows.push(dayStatus(info, day, manifest));
  }
  return rows;
}

function dayStatus({ version, promoted, job }: VersionInfo, day: string, manifest: Manifest) {
  const { status, count, bytes, quality } = manifest;
  const made = job?.days[day];
  return {
    ...{ version, day, status, records: count, bytes, quality, read: promoted.includes(day) },
    whole: made?.whole ?? null,
    notes: made?.notes ?? [],
  };
}

function rowOf({ notes, whole, bytes, read, ...day }: DayStatus): Row {
  return {
    ...day,
    size: bytesText(bytes),
    read: read ? "yes" : "no",
    "all of raw": whole === null ? undefined : whole ? "yes" : "no",
    notes: notes.join("; "),
  };
}
