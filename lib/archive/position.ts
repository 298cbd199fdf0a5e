import { ArchiveError } from "@ssmd/runtime";

/**
 * Where a record came from: the `index`-th record of line number `frame` of a run.
 * As text `{run}-{frame}-{index}` it is the record's message id.
 */
export interface Position {
  /** One life of a connector: base 36 without `-`, later runs sort behind earlier ones. */
  run: string;
  /** Number of the raw line within the run, over all its connections. */
  frame: number;
  /** Number of the record within the line. */
  index: number;
}

const RUN = /^[0-9a-z]+$/;
const OFFSET = /^(0|[1-9]\d{0,15})-(0|[1-9]\d{0,15})$/;

/** Reads a message id; undefined when it is none. */
export function parsePosition(id: string): Position | undefined {
  const dash = id.indexOf("-");
  if (dash <= 0) return undefined;
  const run = id.slice(0, dash);
  const offset = parseFrameOffset(id.slice(dash + 1));
  return offset === undefined || !RUN.test(run) ? undefined : { run, ...offset };
}

/** Reads `{frame}-{index}`; undefined when it is none. */
export function parseFrameOffset(text: string): { frame: number; index: number } | undefined {
  const match = OFFSET.exec(text);
  return match === null ? undefined : { frame: Number(match[1]), index: Number(match[2]) };
}

/** `{frame}-{index}`, as manifests keep it under the run. */
export function formatFrameOffset(offset: { frame: number; index: number }): string {
  return `${offset.frame}-${offset.index}`;
}

/** Negative when `a` comes before `b` in its run, 0 when they are the same. */
export function compareFrameOffsets(
  a: { frame: number; index: number },
  b: { frame: number; index: number },
): number {
  return a.frame - b.frame || a.index - b.index;
}

/** Order of two positions: by run (older first), then by frame and index. */
export function comparePositions(a: Position, b: Position): number {
  if (a.run === b.run) return compareFrameOffsets(a, b);
  // A longer base-36 number without leading zeros is the larger one.
  if (a.run.length !== b.run.length) return a.run.length - b.run.length;
  return a.run < b.run ? -1 : 1;
}

/** Last archived place of each run, `frame-index` by run. */
export type Positions = Record<string, string>;

/**
 * The place kept for a run; undefined when the run is not there.
 * Throws ArchiveError `ARCHIVE_POSITION` when what is kept is no place.
 */
export function lastOffsetOf(
  positions: Positions,
  run: string,
): { frame: number; index: number } | undefined {
  const text = positions[run];
  if (text === undefined) return undefined;
  const offset = parseFrameOffset(text);
  if (offset !== undefined) return offset;
  throw new ArchiveError("ARCHIVE_POSITION", `"${text}" is no position of run ${run}`, {
    hint: "A position reads frame-index, both whole numbers",
    context: { run, text },
  });
}
