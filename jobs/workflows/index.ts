import type { Workflow, WorkflowKind } from "../workflow.ts";
import { BACKFILL, backfill } from "./backfill.ts";
import { END_DAY, endDay, type EndDayJobs } from "./end_day.ts";
import { END_DAYS, endDays } from "./end_days.ts";
import { EXPORT, exportWorkflow } from "./export.ts";
import { MONTHLY_REPORT, monthlyReport } from "./monthly_report.ts";
import { REPROCESS, reprocess } from "./reprocess.ts";
import { RETENTION, retention } from "./retention.ts";
import { ROLL_DAY, rollDay } from "./roll_day.ts";
import { SECMASTER_SYNC, secmasterSync } from "./secmaster_sync.ts";
import { START_DAY, startDay } from "./start_day.ts";
import { VERIFY, verify } from "./verify.ts";

/** All kinds of jobs. */
export const WORKFLOW_KINDS: readonly WorkflowKind[] = [
  ...[START_DAY, ROLL_DAY, END_DAY, END_DAYS, RETENTION, VERIFY],
  ...[REPROCESS, BACKFILL, EXPORT, SECMASTER_SYNC, MONTHLY_REPORT],
];

/** Returns the workflows of {@linkcode WORKFLOW_KINDS}. */
export function archiveWorkflows(jobs: EndDayJobs): Workflow[] {
  return [
    ...[startDay, rollDay, endDay, endDays, retention, verify],
    ...[reprocess, backfill, exportWorkflow, secmasterSync, monthlyReport],
  ].map((make) => make(jobs));
}
