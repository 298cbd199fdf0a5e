import type { Workflow } from "../workflow.ts";
import { endDay, type EndDayJobs } from "./end_day.ts";
import { endDays } from "./end_days.ts";
import { retention } from "./retention.ts";
import { rollDay } from "./roll_day.ts";
import { startDay } from "./start_day.ts";
import { verify } from "./verify.ts";

/** The workflows on an archive and its days. */
export function archiveWorkflows(jobs: EndDayJobs): Workflow[] {
  return [startDay, rollDay, endDay, endDays, retention, verify].map((make) => make(jobs));
}
