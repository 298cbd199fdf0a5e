import { EXPORT_FORMATS } from "@ssmd/dataset/export";
import { SERIES_NAMES } from "@ssmd/dataset/series";
import { EVENT_TYPES } from "@ssmd/market";
import { z } from "zod";
import { defineWorkflow, type Workflow } from "../workflow.ts";
import type { ArchiveJobs } from "./archive_jobs.ts";
import { DAY_SPAN, daysNamed } from "./day_span.ts";

const TYPES = [...EVENT_TYPES, ...SERIES_NAMES].filter((name) => name !== "enriched");
const SPAN = z.object({ from: z.string(), to: z.string() });

/** Writes archived records to a folder below the data folder's `exports/`. */
export const EXPORT = {
  name: "export",
  title: "Export archived records, a file a feed, type and day",
  input: z.strictObject({
    out: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/i, "a name of letters, digits, - and _")
      .describe("Folder below exports/ of the data; what is there and whole is left"),
    format: z.enum(EXPORT_FORMATS).default("parquet"),
    feeds: z.array(z.string()).exactOptional().describe("Absent = all"),
    types: z.array(z.enum(TYPES)).exactOptional()
      .describe("Records, or series made of them; absent = all records"),
    symbols: z.array(z.string()).exactOptional().describe("Absent = all"),
    ...DAY_SPAN,
  }),
};

/** Files are renamed when complete, so after a kill it resumes at the first missing one. */
export function exportWorkflow({ env, dataDir, run, nowUs }: ArchiveJobs): Workflow {
  return defineWorkflow(EXPORT, async ({ out: name, ...input }, context) => {
    const named = await context.step("plan", () => Promise.resolve(daysNamed(input, nowUs())));
    const out = `${dataDir}/exports/${name}`;
    const task = { ...input, ...SPAN.parse(named), env, out };
    await context.step("write", () => run({ kind: "export", ...task }, context));
  });
}
