import { dirname } from "node:path";
import { systemCodeOf } from "@ssmd/runtime";
import type { Segment } from "./segment.ts";
import { LOCK_NAME } from "./spool_lock.ts";

/** Returns its size; 0 = unknown: a folder that is away now may be back when it is read. */
export function segmentBytes({ path }: Segment): number {
  return statOf(path)?.size ?? 0;
}

/** Whether the file is gone and its folder is not: the lock is there as long as the spool is. */
export function isSegmentDeleted({ path }: Segment): boolean {
  return statOf(path) === undefined && statOf(`${dirname(path)}/${LOCK_NAME}`) !== undefined;
}

/** Deletes the file, if it is there. Throws what the system says. */
export function removeSegment({ path }: Segment): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (systemCodeOf(error) === "") throw error;
    return undefined;
  }
}
