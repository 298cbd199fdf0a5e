import { messageEndAt, RecordKeyReader } from "@ssmd/codec";
import type { SortedRecord } from "./sealed_writer.ts";
import type { OverflowChunk, OverflowFile } from "./overflow_file.ts";

/** A symbol's sorted records from one buffer, as chunks of the spill file. */
export interface SortedRun {
  /** receivedAt of the first record, µs. */
  fromUs: number;
  /** Chunks with its records. */
  chunks: OverflowChunk[];
}

/** Merges the runs of one symbol; compares only runs that overlap in time. */
export function* mergeRuns(
  symbol: string,
  runs: readonly SortedRun[],
  spill: OverflowFile,
): Iterable<SortedRecord> {
  const waiting = runs.map((run) => new Cursor(spill, run))
    .sort((a, b) => b.fromUs - a.fromUs);
  const open: Cursor[] = [];
  const record: SortedRecord = { symbol, receivedAtUs: 0, payload: new Uint8Array(0) };
  for (;;) {
    let least = leastOf(open);
    for (
      let next = waiting.at(-1);
      next !== undefined && (least === undefined || next.fromUs <= least.receivedAtUs);
      next = waiting.at(-1)
    ) {
      waiting.pop();
      if (next.advance()) open.push(next);
      least = leastOf(open);
    }
    if (least === undefined) return;
    record.receivedAtUs = least.receivedAtUs;
    record.payload = least.payload;
    yield record;
    if (!least.advance()) open.splice(open.indexOf(least), 1);
  }
}

function leastOf(cursors: readonly Cursor[]): Cursor | undefined {
  let least = cursors[0];
  for (let i = 1; i < cursors.length; i++) {
    const cursor = cursors[i] as Cursor;
    if (cursor.isBefore(least as Cursor)) least = cursor;
  }
  return least;
}

/** Iterates the records of a run. */
class Cursor {
  readonly fromUs: number;
  receivedAtUs = 0;
  sequence = 0;
  payload: Uint8Array = new Uint8Array(0);
  #spill: OverflowFile;
  #chunks: readonly OverflowChunk[];
  #chunk = 0;
  #data: Uint8Array = new Uint8Array(0);
  #at = 0;
  #keys = new RecordKeyReader();

  constructor(spill: OverflowFile, { fromUs, chunks }: SortedRun) {
    this.fromUs = fromUs;
    this.#spill = spill;
    this.#chunks = chunks;
  }

  /** Moves to the next record; false at the end. */
  advance(): boolean {
    if (this.#at === this.#data.length) {
      const chunk = this.#chunks[this.#chunk++];
      if (chunk === undefined) return false;
      this.#data = this.#spill.read(chunk);
      this.#at = 0;
    }
    const end = messageEndAt(this.#data, this.#at);
    this.payload = this.#data.subarray(this.#at, end);
    this.#at = end;
    this.#keys.read(this.payload);
    this.receivedAtUs = this.#keys.receivedAtUs;
    this.sequence = this.#keys.sequence;
    return true;
  }

  isBefore(other: Cursor): boolean {
    const difference = this.receivedAtUs - other.receivedAtUs || this.sequence - other.sequence ||
      compareBytes(this.payload, other.payload);
    return difference < 0;
  }
}

/** Compares bytes as unsigned numbers; a prefix sorts first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
