/** A place in the order of a market's records: by time of receipt, then number. */
export interface Position {
  /** receivedAt, µs. */
  atUs: number;
  sequence: number;
  /** Records of this very time and number that lie before the place; 0 but for doubled feeds. */
  same: number;
}

/** A record with a position. */
interface Positioned {
  receivedAtUs: number;
  sequence: number;
}

/** Order of two records: receivedAt, then sequence. */
export function compareRecords(a: Positioned, b: Positioned): number {
  return a.receivedAtUs - b.receivedAtUs || a.sequence - b.sequence;
}

/** Whether a record has the time and number of a place. */
function isAt(record: Positioned, { atUs, sequence }: Position): boolean {
  return record.receivedAtUs === atUs && record.sequence === sequence;
}

/** Whether a record lies before the time and number of a place. */
function isBefore(record: Positioned, { atUs, sequence }: Position): boolean {
  return record.receivedAtUs < atUs || record.receivedAtUs === atUs && record.sequence < sequence;
}

/**
 * Of records in order those that lie behind a place in the direction of reading. `records` is
 * ascending for "asc" and descending for "desc".
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

/** The place behind the last of some records; `before` = where they began, undefined = nowhere. */
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
