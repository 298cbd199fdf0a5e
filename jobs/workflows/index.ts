import type { Workflow } from "../workflow.ts";
import type { ArchiveJobs } from "./archive_jobs.ts";
import { endDay } from "./end_day.ts";
import { endDays } from "./end_days.ts";
import { retention } from "./retention.ts";
import { verify } from "./verify.ts";

/** The workflows on an archive. */
export function archiveWorkflows(jobs: ArchiveJobs): Workflow[] {
  return [endDay, endDays, retention, verify].map((make) => make(jobs));
}
