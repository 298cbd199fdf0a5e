import type { JsonRecord } from "@ssmd/journal";
import type { Environment, FeedChecks } from "@ssmd/metadata";
import type { ArchiveTask } from "../archive_task.ts";
import type { NewJob } from "../job.ts";
import type { JobContext } from "../workflow.ts";

/** What a task needs of the job that it is a part of: when to stop, and where its progress goes. */
export type TaskContext = Pick<JobContext, "signal" | "log">;

/** What the workflows on an environment's archive need. */
export interface ArchiveJobs {
  env: string;
  registryDir: string;
  /** Folder of the environment's data. */
  dataDir: string;
  /** Folder on a disk with room for a day's compressed records. */
  tempDir: string;
  /** How long days are kept; undefined = for ever. */
  retention: Environment["retention"];
  /** Does a task on the archive; broken off when the signal aborts. */
  run: (task: ArchiveTask, context: TaskContext) => Promise<JsonRecord>;
  /** The checks of a feed's days; undefined = it has none. */
  checksOf: (feed: string) => Promise<FeedChecks | undefined>;
  /** Told what the checks of a day gave. */
  onChecked: (feed: string, result: JsonRecord) => void;
  /** Records in the journal what is about to be removed; what cannot be recorded is not done. */
  recordRemoval: (removal: JsonRecord) => Promise<void>;
  /** Packs a month (`YYYY-MM`) for an exchange's auditor; `result` tells of it. */
  packMonth: (
    month: string,
    context: TaskContext,
  ) => Promise<{ zip: Uint8Array; result: JsonRecord }>;
  /** Wall clock, µs. */
  nowUs: () => number;
  /** Asks for another job. */
  enqueue: (job: NewJob) => Promise<boolean>;
}
