import type { Cache } from "@ssmd/cache";
import { appendAudit, type JournalConfig, type JsonRecord } from "@ssmd/journal";
import { type Environment, journalConfig, loadFeedChecks } from "@ssmd/metadata";
import { type Logger, type Metrics, nowUs } from "@ssmd/runtime";
import type { StorageConfig } from "@ssmd/storage";
import { AuditRoller } from "./audit_roller.ts";
import { threadWorker } from "./archive_worker.ts";
import { DayRoller } from "./day_roller.ts";
import type { DayJobs } from "./day/day_jobs.ts";
import { dayJobs } from "./day/open_day_jobs.ts";
import type { DayStore } from "./day/day_store.ts";
import type { JobState } from "./job.ts";
import { packMonth } from "./month_package.ts";
import type { JobBoard } from "./job_board.ts";
import type { RunnerParts } from "./workflow.ts";
import { archiveWorkflows } from "./workflows/index.ts";

/** Options of running an environment's jobs. */
export interface JobsOptions {
  environment: Environment;
  registryDir: string;
  /** Holds the jobs and their temporary files. */
  dataDir: string;
  storage: StorageConfig;
  logger: Logger;
  metrics: Metrics;
  /** Publishes day statuses to other processes; not closed here. */
  cache?: Cache;
}

/** Parts common to all job runners. */
interface JobParts extends RunnerParts {
  /** Requests jobs that calendars make due; called repeatedly. */
  look: () => Promise<void>;
}

/** Assembles the parts. No job is requested automatically before `notBeforeUs`. */
export function jobParts(
  options: JobsOptions,
  { board, days, notBeforeUs }: { board: JobBoard; days: DayStore; notBeforeUs: number },
): JobParts {
  const { environment, logger, metrics } = options;
  const { name: env } = environment;
  const journal = journalConfig(environment);
  const day = dayJobs(options, days);
  const roller = new DayRoller({ environment, store: board, day, notBeforeUs, logger });
  const audit = new AuditRoller({ ...options, nowUs, notBeforeUs });
  const workflows = workflowsOf(options, { board, day, journal });
  const finished = metrics.counter("ended_total", "Jobs that ended, by how", {
    workflow: workflows.map(({ name }) => name),
    state: ["done", "failed", "cancelled"] satisfies JobState[],
  });
  return {
    ...{ workflows, logger },
    onEnd: (workflow, state) => finished.inc({ workflow, state }),
    record: (event) => recordEvent(journal, { env, ...event }, logger),
    look: async () => {
      await roller.tick();
      await audit.tick();
    },
  };
}

function workflowsOf(
  { environment, registryDir, dataDir, storage, metrics }: JobsOptions,
  { board, day, journal }: { board: JobBoard; day: DayJobs; journal: JournalConfig },
) {
  const { name: env, retention } = environment;
  const failures = metrics.counter("qa_failures_total", "Failures that checks of days found", [
    "feed",
    "check",
  ]);
  const { run } = threadWorker(storage);
  return archiveWorkflows({
    ...{
      env,
      retention,
      registryDir,
      dataDir,
      day,
      nowUs,
      tempDir: `${dataDir}/.temp`,
      run,
    },
    packMonth: (month, context) => packMonth(month, { environment, dataDir, run, context }),
    checksOf: (feed) => loadFeedChecks(registryDir, feed),
    onChecked: (feed, { failed }) => {
      for (const { check, failures: count } of failed as { check: string; failures: number }[]) {
        failures.inc({ feed, check }, count);
      }
    },
    recordRemoval: async (removal) => void await appendAudit(journal, "archive", removal),
    enqueue: async (job) => await board.enqueue(job),
  });
}

/** Journals a job event; on failure only warns, as the store has it too. */
async function recordEvent(
  journal: JournalConfig,
  event: JsonRecord,
  logger: Logger,
): Promise<void> {
  try {
    await appendAudit(journal, "day", event);
  } catch (error) {
    logger.warn("a job's event is not in the journal", { ...event, error });
  }
}
