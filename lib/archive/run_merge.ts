import type { EventType, MarketEvent } from "@ssmd/market";
import { decodeAt, messageEndAt } from "@ssmd/codec";
import type { ChunkReader, OverflowChunk } from "./overflow_file.ts";

/** A symbol's sorted records from one buffer, as chunks of a file. */
export interface SortedRun {
  /** receivedAt of the first record, µs. */
  fromUs: number;
  /** Chunks with its records. */
  chunks: readonly OverflowChunk[];
}

/** A run and the file that it is in. */
export interface StoredRun extends SortedRun {
  file: ChunkReader;
}

/**
 * Yields the records of markets, one market after the other, each merged from its runs. Decodes each
 * record once; compares only runs that overlap in time.
 */
export function* mergeMarkets(
  type: EventType,
  markets: Iterable<{ runs: readonly StoredRun[] }>,
): Iterable<MarketEvent> {
  for (const { runs } of markets) {
    const waiting = runs.map((run) => new Cursor(type, run)).sort((a, b) => b.fromUs - a.fromUs);
    const open: Cursor[] = [];
    for (;;) {
      const least = leastWith(open, waiting);
      if (least?.record === undefined) break;
      yield least.record;
      if (!least.advance()) open.splice(open.indexOf(least), 1);
    }
  }
}

/** Opens the waiting runs that may hold the next record; returns the run that does. */
function leastWith(open: Cursor[], waiting: Cursor[]): Cursor | undefined {
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

/** Iterates the records of a run. */
class Cursor implements MessageSpan {
  readonly fromUs: number;
  record: MarketEvent | undefined;
  receivedAtUs = 0;
  sequence = 0;
  #type: EventType;
  #run: StoredRun;
  #chunk = 0;
  /** Chunk with the record's message. */
  data: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;

  constructor(type: EventType, run: StoredRun) {
    this.#type = type;
    this.#run = run;
    this.fromUs = run.fromUs;
  }

  /** Moves to the next record; false at the end. */
  advance(): boolean {
    if (this.end === this.data.length) {
      const chunk = this.#run.chunks[this.#chunk++];
      if (chunk === undefined) return false;
      this.data = this.#run.file.read(chunk);
      this.end = 0;
    }
    this.start = this.end;
    this.end = messageEndAt(this.data, this.start);
    const record = decodeAt(this.#type, this.data, this.start, this.end);
    this.record = record;
    this.receivedAtUs = record.receivedAtUs;
    this.sequence = record.sequence;
    return true;
  }

  isBefore(other: Cursor): boolean {
    const difference = this.receivedAtUs - other.receivedAtUs || this.sequence - other.sequence ||
      compareMessages(this, other);
    return difference < 0;
  }
}

/** A message in a buffer. */
interface MessageSpan {
  data: Uint8Array;
  start: number;
  end: number;
}

/** Compares bytes as unsigned numbers, in place; a prefix sorts first. */
export function compareMessages(a: MessageSpan, b: MessageSpan): number {
  const [dataA, startA] = [a.data, a.start];
  const [dataB, startB] = [b.data, b.start];
  const [lengthA, lengthB] = [a.end - startA, b.end - startB];
  for (let i = 0; i < lengthA && i < lengthB; i++) {
    const difference = (dataA[startA + i] as number) - (dataB[startB + i] as number);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}
