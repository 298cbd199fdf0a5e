import type { JsonRecord } from "@ssmd/journal";
import { isoOfUs, writeFileAtomically, writingTo } from "@ssmd/runtime";
import { z } from "zod";
import { defineWorkflow, type Workflow } from "../workflow.ts";
import type { ArchiveJobs } from "./archive_jobs.ts";

/** Packs a month for an exchange's auditor, into `reports/` in the data folder. */
export const MONTHLY_REPORT = {
  name: "monthly-report",
  title: "Pack a month for an exchange's auditor: usage, users, entitlements, gaps",
  input: z.strictObject({
    month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, "a month is YYYY-MM").exactOptional()
      .describe("YYYY-MM; absent = the one before this"),
  }),
};

/** An existing report is replaced. */
export function monthlyReport({ dataDir, packMonth, nowUs }: ArchiveJobs): Workflow {
  return defineWorkflow(MONTHLY_REPORT, async ({ month: named }, context) => {
    // A later attempt may fall into another month, so fix it in a step.
    const { month } = z.object({ month: z.string() }).parse(
      await context.step("plan", () => Promise.resolve({ month: named ?? monthBefore(nowUs()) })),
    );
    await context.step("write", async () => {
      const { zip, result } = await packMonth(month, context);
      const out = `${dataDir}/reports/exchange-audit-${month}.zip`;
      // Contains addresses: readable by its owner only.
      await writingTo(out, () => writeFileAtomically(out, zip, 0o600));
      return { out, bytes: zip.length, ...result } satisfies JsonRecord;
    });
  });
}

function monthBefore(us: number): string {
  const first = Temporal.PlainYearMonth.from(isoOfUs(us).slice(0, 7));
  return first.subtract({ months: 1 }).toString();
}
