/** The parts of a message id `{run}-{frame}-{index}`; one object is used over and over. */
export interface IdParts {
  /** Characters of the run, which is the id's beginning. */
  runLength: number;
  /** Number of the frame in the run. */
  frame: number;
  /** Number of the record in the frame. */
  index: number;
}

const DASH = 45;

/**
 * Takes an id apart into `parts`, without making strings; false when it has not this form or its
 * numbers do not fit. The run itself may have dashes.
 */
export function splitId(id: string, parts: IdParts): boolean {
  const beforeIndex = numberBefore(id, id.length);
  const index = found;
  if (beforeIndex <= 0) return false;
  const beforeFrame = numberBefore(id, beforeIndex);
  if (beforeFrame <= 0) return false;
  parts.runLength = beforeFrame;
  parts.frame = found;
  parts.index = index;
  return true;
}

let found = 0;

/** Reads the digits that end before `end` into `found`; the place of the dash before them, or -1. */
function numberBefore(text: string, end: number): number {
  let value = 0;
  let unit = 1;
  let i = end - 1;
  for (; i >= 0; i--) {
    const code = text.charCodeAt(i);
    if (code === DASH) break;
    if (code < 48 || code > 57) return -1;
    value += (code - 48) * unit;
    unit *= 10;
  }
  if (i === end - 1 || value > Number.MAX_SAFE_INTEGER) return -1;
  found = value;
  return i;
}
