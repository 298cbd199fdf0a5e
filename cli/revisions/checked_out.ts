import { copyRaw } from "@ssmd/dataset/reprocess";
import { makeTemporaryFolder } from "@ssmd/runtime";
import { folderStorage, type Storage } from "@ssmd/storage";
import { checkOut, forgetWorktrees, type Revision } from "./source.ts";

/** Options of {@linkcode withRevisions}. */
export interface RevisionsOptions {
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

/** Two revisions and the raw files to compare them by. */
interface CheckedOut {
  /** Temporary folder of all of this. */
  folder: string;
  baseline: Revision;
  candidate: Revision;
  /** Copy of the raw files, in `<folder>/data`. */
  copy: Storage;
  /** Days of the raw files, in order. */
  days: string[];
}

/**
 * Checks out two revisions beside a copy of the raw files, for `work`. All is in a temporary folder
 * that is always removed; leftovers of a killed run are removed by the next with the same prefix.
 * Throws ConfigError `REVISION_UNKNOWN`, and errors of copying and of `work`.
 */
export async function withRevisions<T>(
  prefix: string,
  options: RevisionsOptions,
  work: (found: CheckedOut) => Promise<T>,
): Promise<T> {
  const { source } = options;
  try {
    await using folder = await makeTemporaryFolder(prefix);
    await forgetWorktrees(source);
    return await workIn(folder.path, options, work);
  } finally {
    await forgetWorktrees(source);
  }
}

async function workIn<T>(
  folder: string,
  options: RevisionsOptions,
  work: (found: CheckedOut) => Promise<T>,
): Promise<T> {
  const { storage, source, onStep } = options;
  const baseline = await checkOut(source, options.baseline, `${folder}/baseline`);
  const candidate = await checkOut(source, options.candidate, `${folder}/candidate`);
  const copy = folderStorage(`${folder}/data`);
  try {
    onStep?.("copying raw files");
    const days = await copyRaw(storage, copy, options);
    return await work({ folder, baseline, candidate, copy, days });
  } finally {
    await copy.close();
  }
}

/** Describes days in a step. */
export function daysText(days: readonly string[]): string {
  return days.length === 1 ? String(days[0]) : `${days.length} days`;
}
