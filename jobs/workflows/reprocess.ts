import { z } from "zod";
import { defineWorkflow, type Workflow } from "../workflow.ts";
import type { ArchiveJobs } from "./archive_jobs.ts";
import { DAY_SPAN, daysNamed } from "./day_span.ts";

const SPAN = z.object({ from: z.string(), to: z.string() });

/** Arguments that select a version to make, and how. */
export const VERSION_INPUT = {
  feed: z.string().describe("The feed"),
  version: z.string().describe("Name of the version that is made; never the archiver's"),
  normalizer: z.string().exactOptional().describe("By id or day; absent = by date"),
  threads: z.int().min(1).max(64).default(2)
    .describe("Threads: a day is sealed while the next is translated"),
};

/** Reprocesses days of a version from raw. */
export const REPROCESS = {
  name: "reprocess",
  title: "Make days of a version from the raw files",
  input: z.strictObject({ ...VERSION_INPUT, ...DAY_SPAN }),
  subjectOf: (
    { feed, version, from = "first", to = "last" }: {
      feed: string;
      version: string;
      from?: string;
      to?: string;
    },
  ) => `${feed}/${version}/${from}..${to}`,
};

/** Keeps days made before a kill and resumes at the first missing one. */
export function reprocess({ env, tempDir, run, nowUs }: ArchiveJobs): Workflow {
  return defineWorkflow(
    REPROCESS,
    async ({ feed, version, normalizer, threads, ...span }, context) => {
      // Resolve names like "yesterday" once: a later attempt may be on another day.
      const named = await context.step("plan", () => Promise.resolve(daysNamed(span, nowUs())));
      const task = { env, feed, version, normalizer, ...SPAN.parse(named) };
      await context.step(
        "make",
        () => run({ kind: "reprocess", ...task, threads, tempDir }, context),
      );
    },
  );
}
