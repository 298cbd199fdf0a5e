import type { JobBoard } from "../job_board.ts";

const CHILD = new URL("killed_jobs.ts", import.meta.url).pathname;

/** A runner whose processes are killed. */
export interface KillBench {
  dataDir: string;
  /** Opens the jobs of environment `demo`; closed after each use. */
  openBoard: () => Promise<JobBoard>;
  /** Child arguments for the job location, besides the folder. */
  where: readonly string[];
}

/** Runs jobs in a process until `job` is over; returns its exit code, null if killed at `point`. */
export async function runKilled(
  { dataDir, where }: KillBench,
  { job, point }: { job: string; point: string },
): Promise<number | null> {
  const { code, signal } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", "--no-check", CHILD, dataDir, job, point, ...where],
    ...{ stdout: "null", stderr: "inherit" },
  }).output();
  return signal === null ? code : null;
}
