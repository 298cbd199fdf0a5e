import { NORMALIZED_VERSION } from "@ssmd/archive";
import { diffArchives } from "@ssmd/dataset/diff";
import { FEED_TYPES } from "@ssmd/market";
import { inspectCapture } from "@ssmd/simulator";
import { folderStorage } from "@ssmd/storage";
import { captureRaw } from "./capture_raw.ts";
import { daysText, type RevisionsOptions, withRevisions } from "./checked_out.ts";
import type { RevisionsComparison } from "./replay_revisions.ts";
import type { Revision } from "./source.ts";

const PREFIX = "ssmd-env-compare-";
/** Names of the environments. */
const NAMES = { baseline: "compare-baseline", candidate: "compare-candidate" } as const;
/** Fields that differ between runs of a connector. */
const OWN_FIELDS = ["sequence", "run"];

/**
 * Plays the same raw files into an environment of each revision and compares what they archived, by
 * day. Throws SsmdError `REVISION_FAILED`, errors of {@linkcode withRevisions} and of reading.
 */
export async function compareRevisions(options: RevisionsOptions): Promise<RevisionsComparison> {
  const { signal, onStep } = options;
  return await withRevisions(PREFIX, options, async ({ folder, copy, days: dates, ...found }) => {
    const files: string[] = [];
    for await (const { key } of copy.list("raw/")) {
      if (key.endsWith(".zst")) files.push(`${folder}/data/${key}`);
    }
    // What is played has the feed that is named like its venue, however this feed is named.
    const { venue: feed } = await inspectCapture(String(files[0]));
    const run = async ({ dir, ...revision }: Revision, name: string) => {
      onStep?.(`playing ${daysText(dates)}: ${name}`);
      const task = { folder, name, feed, files, signal };
      return { ...revision, seconds: await captureRaw({ dir, ...revision }, task) };
    };
    const ran = {
      baseline: await run(found.baseline, NAMES.baseline),
      candidate: await run(found.candidate, NAMES.candidate),
    };
    const sides = {
      old: archiveOf(folder, NAMES.baseline),
      new: archiveOf(folder, NAMES.candidate),
    };
    try {
      const days: RevisionsComparison["days"] = [];
      for (const day of dates) {
        signal.throwIfAborted();
        onStep?.(`comparing ${day}`);
        const diff = await diffArchives({
          ...sides,
          feed,
          days: [day],
          types: FEED_TYPES,
          ignored: OWN_FIELDS,
        });
        days.push({ day, ...diff });
      }
      return { ...ran, days };
    } finally {
      await sides.old.storage.close();
      await sides.new.storage.close();
    }
  });
}

function archiveOf(folder: string, env: string) {
  return { storage: folderStorage(`${folder}/${env}/data`), env, version: NORMALIZED_VERSION };
}
