import { diffVersions, type VersionDiff } from "@ssmd/dataset/diff";
import { daysText, type RevisionsOptions, withRevisions } from "./checked_out.ts";
import type { Revision } from "./source.ts";
import { translateRaw } from "./translate_raw.ts";

/** Revision and the time it took. */
interface TimedRevision extends Omit<Revision, "dir"> {
  seconds: number;
}

/** Two revisions and the differences of what they made, by day. */
export interface RevisionsComparison {
  baseline: TimedRevision;
  candidate: TimedRevision;
  days: (VersionDiff & { day: string })[];
}

const PREFIX = "ssmd-test-replay-";
const DIFFERENT = { old: "baseline", new: "candidate" } as const;

/**
 * Translates the same raw files with two revisions, each with its own normalizer in a child
 * process, and compares their records by day. Throws SsmdError `REVISION_FAILED`, errors of
 * {@linkcode withRevisions} and of reading.
 */
export async function replayRevisions(options: RevisionsOptions): Promise<RevisionsComparison> {
  const { env, feed, signal, onStep } = options;
  return await withRevisions(PREFIX, options, async ({ folder, copy, days: dates, ...found }) => {
    const translate = async ({ dir, ...revision }: Revision, version: string) => {
      onStep?.(`translating ${daysText(dates)}: ${version}`);
      const task = { folder, env, feed, days: dates, version, signal };
      return { ...revision, seconds: await translateRaw({ dir, ...revision }, task) };
    };
    const translated = {
      baseline: await translate(found.baseline, DIFFERENT.old),
      candidate: await translate(found.candidate, DIFFERENT.new),
    };
    const days: RevisionsComparison["days"] = [];
    for (const day of dates) {
      signal.throwIfAborted();
      onStep?.(`comparing ${day}`);
      days.push({ day, ...await diffVersions(copy, { env, feed, ...DIFFERENT, days: [day] }) });
    }
    return { ...translated, days };
  });
}
