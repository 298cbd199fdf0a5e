import type { EventType, MarketEvent } from "@ssmd/market";
import { messageEndAt } from "@ssmd/codec";
import { ArchiveError, messageOf, SsmdError } from "@ssmd/runtime";
import type { RecordFilter } from "./record_filter.ts";
import { compareRecords } from "./record_order.ts";

/** Records lost in a file, and their place. */
export interface Corruption {
  error: ArchiveError;
  /** Storage key of the file. */
  key: string;
  /** When to report it: no record read from the file is later. µs. */
  atUs: number;
  /** Latest possible time of a lost record, µs. */
  toUs: number;
  /** Lost records, including ones the query does not select; null = unknown. */
  missed: number | null;
}

/** Iterates records in order. */
export interface Cursor {
  /** The current record. */
  record: MarketEvent;
  /** Moves to the next record; false at the end. */
  advance(): boolean;
  /** Why it ended early; undefined when it did not. */
  readonly corruption: Corruption | undefined;
}

/** A part of a file in memory, decoded when its time is reached. */
export interface Block {
  /** Lower bound of its records' times, µs. */
  readonly fromUs: number;
  /** Decodes it; the result is empty when no record is selected. */
  open(): Opened;
}

/** Result of opening a block. */
export interface Opened {
  cursor?: Cursor;
  corruption?: Corruption;
}

/** Context for reading a block's messages. */
export interface BlockOffset {
  /** Type of the records. */
  type: EventType;
  filter: RecordFilter;
  /** Storage key of the file. */
  key: string;
  /** Offset of the zstd frame in the file. */
  offset: number;
  /** Number of records in the file before this frame. */
  recordsBefore: number;
}

/** Wraps a decoding error with the record's place. */
function unreadable(block: BlockOffset, record: number, error: unknown): ArchiveError {
  if (!(error instanceof SsmdError)) throw error;
  const { key, offset, recordsBefore } = block;
  const number = recordsBefore + record;
  const where = `record ${number} in the frame at byte ${offset}`;
  return new ArchiveError("ARCHIVE_DAMAGED", `${key}, ${where}: ${messageOf(error)}`, {
    hint: "What stands before was read; restore the file from a copy",
    context: { key, offset, record: number },
    cause: error,
  });
}

/** Cursor over an array. */
class ArrayCursor implements Cursor {
  record: MarketEvent;
  readonly corruption: Corruption | undefined;
  #records: readonly MarketEvent[];
  #at = 0;

  /** `records` is sorted and not empty. */
  constructor(records: readonly MarketEvent[], corruption?: Corruption) {
    this.#records = records;
    this.record = records[0] as MarketEvent;
    this.corruption = corruption;
  }

  advance(): boolean {
    const next = this.#records[++this.#at];
    if (next === undefined) return false;
    this.record = next;
    return true;
  }
}

/** Records read from frames. */
export interface ReadRecords {
  /** Selected records, in order. */
  records: MarketEvent[];
  /** Number of records read, selected or not. */
  count: number;
  /** Why reading ended early. */
  error?: ArchiveError;
  /** Records after the error; absent = unknown. */
  missed?: number;
}

/**
 * Decodes the selected records of a frame, in order. On an error it returns the records before it,
 * and the error.
 */
export function recordsOf(
  plain: Uint8Array,
  offset: BlockOffset,
): ReadRecords {
  const { type, filter } = offset;
  const records: MarketEvent[] = [];
  let isOrdered = true;
  let last: MarketEvent | undefined;
  let count = 0;
  let error: ArchiveError | undefined;
  try {
    for (let at = 0; at < plain.length;) {
      const end = messageEndAt(plain, at);
      const record = filter.wanted(type, plain, at, end);
      at = end;
      count++;
      if (record === undefined) continue;
      if (last !== undefined && !isBehind(record, last)) isOrdered = false;
      last = record;
      records.push(record);
    }
  } catch (cause) {
    error = unreadable(offset, count + 1, cause);
  }
  if (!isOrdered) records.sort(compareRecords);
  return error === undefined ? { records, count } : { records, count, error };
}

function isBehind(record: MarketEvent, last: MarketEvent): boolean {
  return record.receivedAtUs > last.receivedAtUs ||
    record.receivedAtUs === last.receivedAtUs && record.sequence > last.sequence;
}

/** Returns a cursor over the records, followed by the corruption that ended them, if any. */
export function opened(
  { records, error, missed = null }: Omit<ReadRecords, "missed"> & { missed?: number | null },
  { key, atUs, toUs }: Pick<Corruption, "key" | "atUs" | "toUs">,
): Opened {
  const last = records.at(-1);
  const reportedUs = last === undefined ? atUs : last.receivedAtUs + 1;
  const corruption = error && { error, key, atUs: reportedUs, toUs, missed };
  if (last === undefined) return corruption === undefined ? {} : { corruption };
  return { cursor: new ArrayCursor(records, corruption) };
}
