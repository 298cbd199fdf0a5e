/** Position in the order of a market's records: by receive time, then sequence. */
export interface Position {
  /** Receive time, µs. */
  atUs: number;
  sequence: number;
  /** Records with this time and sequence before the position; 0 except in duplicated feeds. */
  same: number;
}

/** A record with a position. */
interface Positioned {
  receivedAtUs: number;
  sequence: number;
}

/** Compares two records by receivedAt, then sequence. */
export function compareRecords(a: Positioned, b: Positioned): number {
  return a.receivedAtUs - b.receivedAtUs || a.sequence - b.sequence;
}

/** Whether a record has the time and sequence of a position. */
function isAt(record: Positioned, { atUs, sequence }: Position): boolean {
  return record.receivedAtUs === atUs && record.sequence === sequence;
}

/** Whether a record precedes the time and sequence of a position. */
function isBefore(record: Positioned, { atUs, sequence }: Position): boolean {
  return record.receivedAtUs < atUs || record.receivedAtUs === atUs && record.sequence < sequence;
}

/**
 * Yields the records after a position in reading direction. `records` is ascending for "asc" and
 * descending for "desc".
 */
export function* behind<R extends Positioned>(
  records: Iterable<R>,
  position: Position,
  order: "asc" | "desc",
): Generator<R, void, undefined> {
  let same = position.same;
  for (const record of records) {
    const isBehind = isAt(record, position)
      ? same-- <= 0
      : isBefore(record, position) === (order === "desc");
    if (isBehind) yield record;
  }
}

/** Returns the position after the last record; `before` is where they began, undefined = none. */
export function positionBehind(
  records: readonly Positioned[],
  before: Position | undefined,
): Position {
  const last = records.at(-1) as Positioned;
  const position = { atUs: last.receivedAtUs, sequence: last.sequence, same: 0 };
  for (let i = records.length - 1; i >= 0 && isAt(records[i] as Positioned, position); i--) {
    position.same++;
  }
  if (position.same === records.length && before !== undefined && isAt(last, before)) {
    position.same += before.same;
  }
  return position;
}
