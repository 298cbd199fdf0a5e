import { type RunTurn, tradesFromUs, type Turn, turnsOf } from "@ssmd/market";
import type { CountedTurn, SegmentHeader } from "./segment.ts";

/** Returns the last turn that a translator knows; null = none yet, undefined = its run has none. */
export function countedTurn(turns: readonly RunTurn[] | undefined): CountedTurn | null | undefined {
  if (turns === undefined) return undefined;
  const last = turns.at(-1);
  if (last === undefined) return null;
  return { fromUs: last.fromUs, ...(last.end && { endUs: last.end.atUs }) };
}

/**
 * Whether a segment's checkpoints count all records before it. A turn begins in the past: segments
 * opened before it was taken do not know its first records.
 */
export function countsTurns(
  { run, openedUs, connections }: Pick<SegmentHeader, "run" | "openedUs" | "connections">,
  turns: readonly Turn[],
): boolean {
  const before = turnsOf(run, turns).filter((turn) => tradesFromUs(turn) < openedUs);
  const due = countedTurn(before);
  return connections.every(({ linesBefore, turn }) =>
    linesBefore === 0 || turn === undefined || isSame(turn, due, openedUs)
  );
}

function isSame(
  counted: CountedTurn | null,
  due: CountedTurn | null | undefined,
  openedUs: number,
): boolean {
  if (!counted || !due) return !counted && !due;
  const isOver = ({ endUs = Infinity }: CountedTurn) => endUs < openedUs;
  return counted.fromUs === due.fromUs && isOver(counted) === isOver(due);
}
