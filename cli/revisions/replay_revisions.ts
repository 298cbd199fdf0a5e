import { diffVersions, type VersionDiff } from "@ssmd/dataset/diff";
import { copyRaw } from "@ssmd/dataset/reprocess";
import { makeTemporaryFolder } from "@ssmd/runtime";
import { folderStorage, type Storage } from "@ssmd/storage";
import { checkOut, forgetWorktrees, type Revision } from "./source.ts";
import { translateRaw } from "./translate_raw.ts";

/** What is translated by two revisions. */
interface ReplayOptions {
  /** The archive with the raw files; it is only read. */
  storage: Storage;
  env: string;
  feed: string;
  /** First and last day, both within, `YYYY-MM-DD`. */
  from: string;
  to: string;
  /** A clone of this software. */
  source: string;
  /** Its revision that is right. */
  baseline: string;
  /** Its revision that is tested; absent = its files as they are. */
  candidate?: string;
  /** Ends the work; its reason is thrown. */
  signal: AbortSignal;
  /** Called before each step with what is done. */
  onStep?: (step: string) => void;
}

/** What a revision is, and how long it translated. */
interface ReplayedRevision extends Omit<Revision, "dir"> {
  seconds: number;
}

/** How two revisions translate the same raw files. */
interface RevisionsReplay {
  baseline: ReplayedRevision;
  candidate: ReplayedRevision;
  days: (VersionDiff & { day: string })[];
}

const PREFIX = "ssmd-test-replay-";
const DIFFERENT = { old: "baseline", new: "candidate" } as const;

/**
 * Translates the same raw files with two revisions, each with its own normalizer in a process of its
 * own, and compares their records by day. All it makes lies in a temporary folder that is removed
 * whatever happens; what a killed run left goes with the next. Throws ConfigError
 * `REVISION_UNKNOWN`, SsmdError `REVISION_FAILED`, and what copying and reading throw.
 */
export async function replayRevisions(options: ReplayOptions): Promise<RevisionsReplay> {
  const { source } = options;
  try {
    await using folder = await makeTemporaryFolder(PREFIX);
    await forgetWorktrees(source);
    return await replayIn(folder.path, options);
  } finally {
    await forgetWorktrees(source);
  }
}

async function replayIn(folder: string, options: ReplayOptions): Promise<RevisionsReplay> {
  const { storage, env, feed, source, signal, onStep } = options;
  const baseline = await checkOut(source, options.baseline, `${folder}/baseline`);
  const candidate = await checkOut(source, options.candidate, `${folder}/candidate`);
  const copy = folderStorage(`${folder}/data`);
  try {
    onStep?.("copying raw files");
    const dates = await copyRaw(storage, copy, options);
    const translate = async ({ dir, ...revision }: Revision, version: string) => {
      onStep?.(`translating ${dates.length === 1 ? dates[0] : `${dates.length} days`}: ${version}`);
      const task = { folder, env, feed, days: dates, version, signal };
      return { ...revision, seconds: await translateRaw({ dir, ...revision }, task) };
    };
    const translated = {
      baseline: await translate(baseline, DIFFERENT.old),
      candidate: await translate(candidate, DIFFERENT.new),
    };
    const days: RevisionsReplay["days"] = [];
    for (const day of dates) {
      signal.throwIfAborted();
      onStep?.(`comparing ${day}`);
      days.push({ day, ...await diffVersions(copy, { env, feed, ...DIFFERENT, days: [day] }) });
    }
    return { ...translated, days };
  } finally {
    await copy.close();
  }
}
