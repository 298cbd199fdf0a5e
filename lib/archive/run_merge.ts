import type { EventType } from "@ssmd/market";
import type { OverflowChunk } from "./overflow_file.ts";
import { gatheredBlock, type RowBlock, type RowSlice } from "./parquet/row_block.ts";
import { MessageOrder, type RowRef, sequencesOf, timesOf } from "./row_order.ts";

/** A symbol's sorted rows from one buffer, as chunks of a file. */
export interface SortedRun {
  /** receivedAt of the first row, µs. */
  fromUs: number;
  /** Chunks, each with the bytes of a block. */
  chunks: readonly OverflowChunk[];
}

/** A run and how its chunks are read. */
export interface StoredRun extends SortedRun {
  read: (chunk: OverflowChunk) => RowBlock;
}

/** Rows that are merged at a time. */
const MERGED_ROWS = 4096;

/**
 * Yields the rows of markets, one market after the other, each merged from its runs. Only runs that
 * overlap in time are compared row by row.
 */
export function* mergeMarkets(
  type: EventType,
  markets: Iterable<{ runs: readonly StoredRun[] }>,
): Iterable<RowSlice> {
  const order = new MessageOrder(type);
  for (const { runs } of markets) yield* mergedRuns(order, runs);
}

function* mergedRuns(order: MessageOrder, runs: readonly StoredRun[]): Iterable<RowSlice> {
  const waiting = runs.map((run) => new Cursor(order, run)).sort((a, b) => b.fromUs - a.fromUs);
  const open: Cursor[] = [];
  const merged = new MergedRows();
  for (;;) {
    const least = leastWith(open, waiting);
    if (least === undefined) return;
    if (open.length > 1) merged.add(least);
    else yield least.sliceBefore(waiting.at(-1)?.fromUs ?? Infinity);
    const isOpen = least.advance();
    if (!isOpen) open.splice(open.indexOf(least), 1);
    if (merged.isFull || merged.count > 0 && open.length < 2) yield merged.take();
  }
}

/** Opens the waiting runs that may hold the next row; returns the run that does. */
function leastWith(open: Cursor[], waiting: Cursor[]): Cursor | undefined {
  let least = leastOf(open);
  for (
    let next = waiting.at(-1);
    next !== undefined && (least === undefined || next.fromUs <= least.timeUs);
    next = waiting.at(-1)
  ) {
    waiting.pop();
    if (next.advance()) open.push(next);
    least = leastOf(open);
  }
  return least;
}

function leastOf(cursors: readonly Cursor[]): Cursor | undefined {
  let least = cursors[0];
  for (let i = 1; i < cursors.length; i++) {
    const cursor = cursors[i] as Cursor;
    if (cursor.isBefore(least as Cursor)) least = cursor;
  }
  return least;
}

/** Collects rows of several blocks in the order of the merge. */
class MergedRows {
  count = 0;
  #blocks: RowBlock[] = [];
  #owners = new Uint32Array(MERGED_ROWS);
  #rows = new Uint32Array(MERGED_ROWS);

  get isFull(): boolean {
    return this.count === MERGED_ROWS;
  }

  add({ block, row }: RowRef): void {
    let owner = this.#blocks.indexOf(block);
    if (owner < 0) owner = this.#blocks.push(block) - 1;
    this.#owners[this.count] = owner;
    this.#rows[this.count++] = row;
  }

  take(): RowSlice {
    const rows = this.#rows.subarray(0, this.count);
    const block = gatheredBlock({ blocks: this.#blocks, owners: this.#owners, rows });
    this.#blocks = [];
    this.count = 0;
    return { block, from: 0, to: block.rows };
  }
}

const NO_ROWS: RowBlock = { rows: 0, columns: [] };

/** Iterates the rows of a run. */
class Cursor implements RowRef {
  readonly fromUs: number;
  timeUs = 0;
  block = NO_ROWS;
  row = -1;
  #order: MessageOrder;
  #run: StoredRun;
  #chunk = 0;
  #times = new Float64Array(0);
  #sequences = new Float64Array(0);

  constructor(order: MessageOrder, run: StoredRun) {
    this.#order = order;
    this.#run = run;
    this.fromUs = run.fromUs;
  }

  /** Moves to the next row; false at the end. */
  advance(): boolean {
    if (++this.row === this.block.rows && !this.#nextChunk()) return false;
    this.timeUs = this.#times[this.row] as number;
    return true;
  }

  #nextChunk(): boolean {
    const chunk = this.#run.chunks[this.#chunk++];
    if (chunk === undefined) return false;
    this.block = this.#run.read(chunk);
    this.row = 0;
    this.#times = timesOf(this.block);
    this.#sequences = sequencesOf(this.block);
    return true;
  }

  /** Takes this row and all after it in its chunk before a time, µs; moves to the last of them. */
  sliceBefore(endUs: number): RowSlice {
    const from = this.row;
    let to = from + 1;
    while (to < this.block.rows && (this.#times[to] as number) < endUs) to++;
    this.row = to - 1;
    return { block: this.block, from, to };
  }

  isBefore(other: Cursor): boolean {
    const difference = this.timeUs - other.timeUs ||
      (this.#sequences[this.row] as number) - (other.#sequences[other.row] as number) ||
      this.#order.compare(this, other);
    return difference < 0;
  }
}
