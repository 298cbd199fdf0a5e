import {
  allSchedules,
  type JobBoard,
  jobsPath,
  nextDueUs,
  openBoard,
  openDays,
  usesTemporal,
} from "@ssmd/jobs";
import type { Environment } from "@ssmd/metadata";
import { isoOfUs, messageOf, nowUs, pathExists } from "@ssmd/runtime";

/** Delay after which due work is overdue. */
const OVERDUE_US = 3_600_000_000;
/** Maximum number of problems listed individually. */
const NAMED_MAX = 5;

/** Problems of an environment's jobs, schedules and trading days, as sentences. */
export async function jobProblems(environment: Environment, dataDir: string): Promise<string[]> {
  const { name: env } = environment;
  // A status read must not create the jobs database.
  if (!usesTemporal(environment) && !await pathExists(jobsPath(dataDir, env))) return [];
  let board: JobBoard;
  try {
    board = await openBoard(environment, dataDir);
  } catch (error) {
    return [messageOf(error)];
  }
  using jobs = board;
  using days = await openDays(dataDir, env);
  const lateUs = nowUs() - OVERDUE_US;
  const failed = (await jobs.list({ state: "failed" })).map(({ id, error }) =>
    `job ${id} failed: ${error?.message ?? "unknown"}: ssmd job retry ${id}`
  );
  const waiting = (await jobs.list({ state: "queued" })).filter(({ dueAtUs }) => dueAtUs < lateUs)
    .map(({ id, dueAtUs }) => `job ${id} was due ${isoOfUs(dueAtUs)}`);
  const states = await Promise.all(
    (await allSchedules(environment, jobs)).map(async (each) =>
      [each, await jobs.schedule(each.name)] as const
    ),
  );
  const schedules = states.flatMap(([schedule, { isPaused, lastAtUs }]) => {
    if (isPaused || lastAtUs === null) return [];
    const dueUs = nextDueUs(schedule, lastAtUs);
    return dueUs < lateUs ? [`schedule ${schedule.name} was due ${isoOfUs(dueUs)}`] : [];
  });
  const stuck = days.list().filter(({ state, changedAtUs }) =>
    (state === "starting" || state === "ending") && changedAtUs < lateUs
  ).map(({ feed, day, state }) => `${feed} ${day} is ${state} for over an hour: ssmd day recover`);
  return [failed, waiting, schedules, stuck].flatMap(shortened);
}

function shortened(problems: readonly string[]): string[] {
  const more = problems.length - NAMED_MAX;
  return [...problems.slice(0, NAMED_MAX), ...(more > 0 ? [`and ${more} more like it`] : [])];
}
