import { SsmdError } from "@ssmd/runtime";
import type { JsonRecord } from "@ssmd/journal";
import { z } from "zod";
import type { ArchiveJobs } from "./archive_jobs.ts";
import type { Workflow } from "../workflow.ts";

/** What an `end-day` job ends. */
export const END_DAY_INPUT = z.strictObject({
  feed: z.string(),
  version: z.string(),
  day: z.iso.date(),
});

/** Name of the workflow that ends a day. */
export const END_DAY = "end-day";

/** The id of the job that ends a day. */
export function endDayId(
  env: string,
  { feed, version, day }: z.output<typeof END_DAY_INPUT>,
): string {
  return `${END_DAY}/${env}/${feed}/${version}/${day}`;
}

/**
 * Ends a day of a feed: its minute files become one file a type, then the feed's checks look at what is
 * there. A day that fails a check is ended all the same: its report says what failed.
 */
export function endDay({ env, tempDir, run, checksOf, onChecked }: ArchiveJobs): Workflow {
  return {
    name: END_DAY,
    title: "Seal a day that is over, and check it",
    async run(input, context) {
      const day = END_DAY_INPUT.parse(input);
      const sealed = await context.step(
        "seal",
        () => run({ kind: "seal", env, day, tempDir }, context.signal),
      );
      if (sealed["state"] === "absent") throw noSuchDay(env, day);
      const checked = await context.step("check", async (): Promise<JsonRecord> => {
        const checks = await checksOf(day.feed);
        if (checks === undefined) {
          return { ok: true, failed: [], note: `${day.feed} has no file of checks` };
        }
        return await run({ kind: "check", env, day, checks }, context.signal);
      });
      onChecked(day.feed, checked);
    },
  };
}

function noSuchDay(env: string, { feed, version, day }: z.output<typeof END_DAY_INPUT>): SsmdError {
  return new SsmdError("DAY_MISSING", `There is no day ${day} of ${env}/${feed} ${version}.`, {
    hint: "`ssmd data inventory` lists the days that are there.",
  });
}
