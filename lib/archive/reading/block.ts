import type { EventType, MarketEvent } from "@ssmd/market";
import { messageEndAt } from "@ssmd/codec";
import { ArchiveError, messageOf, SsmdError } from "@ssmd/runtime";
import type { RecordFilter } from "./record_filter.ts";
import { compareRecords } from "./record_order.ts";

/** Records that are lost in a file, and where. */
export interface Corruption {
  error: ArchiveError;
  /** Key of the file. */
  key: string;
  /** When it is told: no record that was read of the file comes later. µs. */
  atUs: number;
  /** Nothing that was lost is later, µs. */
  toUs: number;
  /** Records that are not given, those that were not asked for among them; null = unknown. */
  missed: number | null;
}

/** Records in order, one at a time. */
export interface Cursor {
  /** The record at hand. */
  record: MarketEvent;
  /** Takes the next record to hand; false at the end. */
  advance(): boolean;
  /** Why it ended early; undefined = it did not. */
  readonly corruption: Corruption | undefined;
}

/** A piece of a file in memory, which is taken apart when its time has come. */
export interface Block {
  /** No record in it is earlier, µs. */
  readonly fromUs: number;
  /** Its records; undefined when none is wanted or it is damaged from the start. */
  open(): Opened;
}

/** What came out of a block. */
export interface Opened {
  cursor?: Cursor;
  corruption?: Corruption;
}

/** What a block's messages are read with. */
export interface BlockOffset {
  /** Of the records. */
  type: EventType;
  filter: RecordFilter;
  /** Of the file. */
  key: string;
  /** Offset of the zstd frame in the file. */
  offset: number;
  /** Records of the file before this frame. */
  recordsBefore: number;
}

/** What is wrong at a record, with its place. */
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

/** Records that are all in memory, in order. */
class ArrayCursor implements Cursor {
  record: MarketEvent;
  readonly corruption: Corruption | undefined;
  #records: readonly MarketEvent[];
  #at = 0;

  /** `records` has one at least and is in order. */
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

/** What was read of frames. */
export interface ReadRecords {
  /** Those that are wanted, in order. */
  records: MarketEvent[];
  /** All that were read. */
  count: number;
  /** Why it ended early. */
  error?: ArchiveError;
  /** Records behind the error; absent = unknown. */
  missed?: number;
}

/**
 * The wanted records of a frame's messages in order. Without an error: all; with one: those before
 * it, and the error.
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

/** Records that were read at once, and behind them the damage that ended them, if any. */
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
