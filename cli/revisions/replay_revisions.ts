import { diffVersions, type VersionDiff } from "@ssmd/dataset/diff";
import { copyRaw } from "@ssmd/dataset/reprocess";
import { makeTemporaryFolder } from "@ssmd/runtime";
import { folderStorage, type Storage } from "@ssmd/storage";
import { checkOut, forgetWorktrees, type Revision } from "./source.ts";
import { translateRaw } from "./translate_raw.ts";

/** Options of {@linkcode replayRevisions}. */
interface ReplayOptions {
  /** Archive with the raw files; read only. */
  storage: Storage;
  env: string;
  feed: string;
  /** First and last day, inclusive, `YYYY-MM-DD`. */
  from: string;
  to: string;
  /** Clone of the ssmd repository. */
  source: string;
  /** Reference revision. */
  baseline: string;
  /** Revision under test; absent = the working files. */
  candidate?: string;
  /** Aborts the work, which throws its reason. */
  signal: AbortSignal;
  /** Called before each step with its description. */
  onStep?: (step: string) => void;
}

/** Revision and its translation time. */
interface ReplayedRevision extends Omit<Revision, "dir"> {
  seconds: number;
}

/** Result of {@linkcode replayRevisions}. */
interface RevisionsReplay {
  baseline: ReplayedRevision;
  candidate: ReplayedRevision;
  days: (VersionDiff & { day: string })[];
}

const PREFIX = "ssmd-test-replay-";
const DIFFERENT = { old: "baseline", new: "candidate" } as const;

/**
 * Translates the same raw files with two revisions, each with its own normalizer in a child
 * process, and compares their records by day. Uses a temporary folder that is always removed;
 * leftovers of a killed run are removed by the next. Throws ConfigError `REVISION_UNKNOWN`,
 * SsmdError `REVISION_FAILED`, and errors of copying and reading.
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
