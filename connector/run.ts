import { comparePositions } from "@ssmd/archive";
import { nowUs, systemCodeOf } from "@ssmd/runtime";
import { readLastStop } from "./last_stop.ts";
import { runOfSegment } from "./segment.ts";

/**
 * Returns the id of a new run: its start in µs, base 36, made later than every run in the spool.
 * Runs are ordered by id, so a clock that was set back must not make the new run the older one.
 */
export function newRun(dir: string, atUs: number = nowUs()): string {
  let startUs = atUs;
  for (const run of knownRuns(dir)) startUs = Math.max(startUs, parseInt(run, 36) + 1);
  return startUs.toString(36);
}

/** Returns whether run `a` started after run `b`. */
export function isLaterRun(a: string, b: string): boolean {
  const start = { frame: 0, index: 0 };
  return comparePositions({ run: a, ...start }, { run: b, ...start }) > 0;
}

/** Returns the runs that the spool in `dir` knows. */
export function knownRuns(dir: string): string[] {
  try {
    const runs = [...Deno.readDirSync(dir)].flatMap(({ name }) => runOfSegment(name) ?? []);
    const left = readLastStop(dir);
    return left ? [...runs, left.run] : runs;
  } catch (error) {
    // Other problems of the folder are reported when it is locked.
    if (systemCodeOf(error) === undefined) throw error;
    return [];
  }
}
