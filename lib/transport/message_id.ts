/** The parts of a message id `{run}-{frame}-{index}`; one object is used over and over. */
export interface IdParts {
  /** Characters of the run, which is the id's beginning. */
  runLength: number;
  frame: number;
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

/** Whether both ids are of one run and `id` is not newer than `stored`; false for other forms. */
export function isNotAfter(id: string, stored: string): boolean {
  if (id === stored) return id !== "";
  const one = { runLength: 0, frame: 0, index: 0 };
  const other = { runLength: 0, frame: 0, index: 0 };
  if (!splitId(id, one) || !splitId(stored, other)) return false;
  if (id.slice(0, one.runLength) !== stored.slice(0, other.runLength)) return false;
  return one.frame < other.frame || (one.frame === other.frame && one.index <= other.index);
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
