/** Parts of a message id `{run}-{frame}-{index}`; one object is reused. */
export interface IdParts {
  /** Length of the run, the start of the id. */
  runLength: number;
  /** Number of the frame in the run. */
  frame: number;
  /** Number of the record in the frame. */
  index: number;
}

const DASH = 45;

/**
 * Splits an id into `parts` without creating strings; returns false for another form or numbers
 * that are too large. The run may contain dashes.
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

/** Parses the digits before `end` into `found`; returns the index of the dash before, or -1. */
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
