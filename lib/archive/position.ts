import { ArchiveError } from "@ssmd/runtime";

/**
 * Origin of a record: record `index` of line `frame` of a run. As text, `{run}-{frame}-{index}`, it
 * is the record's message id.
 */
export interface Position {
  /** One process lifetime of a connector: base 36 without `-`; later runs sort later. */
  run: string;
  /** Line number within the run, across all its connections. */
  frame: number;
  /** Index of the record within the line. */
  index: number;
}

const RUN = /^[0-9a-z]+$/;
const OFFSET = /^(0|[1-9]\d{0,15})-(0|[1-9]\d{0,15})$/;

/** Parses a message id; undefined when it is not one. */
export function parsePosition(id: string): Position | undefined {
  const dash = id.indexOf("-");
  if (dash <= 0) return undefined;
  const run = id.slice(0, dash);
  const offset = parseFrameOffset(id.slice(dash + 1));
  return offset === undefined || !RUN.test(run) ? undefined : { run, ...offset };
}

/** Parses `{frame}-{index}`; undefined when it is not one. */
export function parseFrameOffset(text: string): { frame: number; index: number } | undefined {
  const match = OFFSET.exec(text);
  return match === null ? undefined : { frame: Number(match[1]), index: Number(match[2]) };
}

/** Formats `{frame}-{index}`, as manifests store it per run. */
export function formatFrameOffset(offset: { frame: number; index: number }): string {
  return `${offset.frame}-${offset.index}`;
}

/** Compares two offsets of the same run. */
export function compareFrameOffsets(
  a: { frame: number; index: number },
  b: { frame: number; index: number },
): number {
  return a.frame - b.frame || a.index - b.index;
}

/** Compares two positions: by run (older first), then frame, then index. */
export function comparePositions(a: Position, b: Position): number {
  if (a.run === b.run) return compareFrameOffsets(a, b);
  // A longer base-36 number without leading zeros is the larger one.
  if (a.run.length !== b.run.length) return a.run.length - b.run.length;
  return a.run < b.run ? -1 : 1;
}

/** Last archived offset of each run: run → `frame-index`. */
export type Positions = Record<string, string>;

/**
 * Returns the stored offset of a run; undefined when the run is unknown. Throws ArchiveError
 * `ARCHIVE_POSITION` when the stored text is not an offset.
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
