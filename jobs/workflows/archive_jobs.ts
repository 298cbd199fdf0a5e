import type { JsonRecord } from "@ssmd/journal";
import type { Environment, FeedChecks } from "@ssmd/metadata";
import type { ArchiveTask } from "../archive_task.ts";
import type { NewJob } from "../job.ts";
import type { JobContext } from "../workflow.ts";

/** Job services for a task: cancellation and progress. */
export type TaskContext = Pick<JobContext, "signal" | "log">;

/** Dependencies of archive workflows. */
export interface ArchiveJobs {
  env: string;
  registryDir: string;
  /** Data folder of the environment. */
  dataDir: string;
  /** Folder with room for a day's compressed records. */
  tempDir: string;
  /** Retention periods; undefined = forever. */
  retention: Environment["retention"];
  /** Runs an archive task; interrupted when the signal aborts. */
  run: (task: ArchiveTask, context: TaskContext) => Promise<JsonRecord>;
  /** Loads a feed's daily checks; undefined when it has none. */
  checksOf: (feed: string) => Promise<FeedChecks | undefined>;
  /** Called with the check result of a day. */
  onChecked: (feed: string, result: JsonRecord) => void;
  /** Journals an imminent removal; if that fails, nothing is removed. */
  recordRemoval: (removal: JsonRecord) => Promise<void>;
  /** Packs a month (`YYYY-MM`) for an exchange's auditor; `result` describes the package. */
  packMonth: (
    month: string,
    context: TaskContext,
  ) => Promise<{ zip: Uint8Array; result: JsonRecord }>;
  /** Wall clock, µs. */
  nowUs: () => number;
  /** Requests another job. */
  enqueue: (job: NewJob) => Promise<boolean>;
}
