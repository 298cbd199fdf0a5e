import { Encoder } from "@ssmd/codec";
import type { EventType, MarketEvent } from "@ssmd/market";
import { compareUnsigned } from "./parquet/bounds.ts";
import { columnsOf } from "./parquet/record_columns.ts";
import { PageColumns, type RowReader, rowReader } from "./parquet/record_rows.ts";
import type { NumberValues } from "./parquet/block_column.ts";
import { isSameRow, type RowBlock, type RowSlice, valuesOfBlock } from "./parquet/row_block.ts";

const TIME_COLUMN = columnOf("received_at");
const SEQUENCE_COLUMN = columnOf("sequence");
/** Column of the symbol in the blocks of every type. */
export const SYMBOL_COLUMN: number = columnOf("symbol");

/** Types begin with the same columns. */
function columnOf(name: string): number {
  return columnsOf("trade").findIndex((column) => column.name === name);
}

/** Receive times of a block's rows, µs. */
export function timesOf({ columns }: RowBlock): Float64Array<ArrayBuffer> {
  return (columns[TIME_COLUMN] as NumberValues).numbers;
}

/** Sequences of a block's rows. */
export function sequencesOf({ columns }: RowBlock): Float64Array<ArrayBuffer> {
  return (columns[SEQUENCE_COLUMN] as NumberValues).numbers;
}

/** A row of a block. */
export interface RowRef {
  block: RowBlock;
  row: number;
}

/** Orders rows of a type by the bytes of their messages, for those of equal time and sequence. */
export class MessageOrder {
  #type: EventType;
  #encoder = new Encoder();
  #readers = new WeakMap<RowBlock, RowReader>();

  constructor(type: EventType) {
    this.#type = type;
  }

  compare(a: RowRef, b: RowRef): number {
    if (isSameRow(a.block, a.row, b.block, b.row)) return 0;
    return compareUnsigned(this.#messageOf(a), this.#messageOf(b));
  }

  #messageOf({ block, row }: RowRef): Uint8Array {
    let read = this.#readers.get(block);
    if (read === undefined) {
      read = readerOf(this.#type, block);
      this.#readers.set(block, read);
    }
    return this.#encoder.encode(read(row));
  }
}

/** Yields the records of slices. */
export function* recordsIn(type: EventType, slices: Iterable<RowSlice>): Iterable<MarketEvent> {
  let last: RowBlock | undefined;
  let read: RowReader = () => {
    throw new RangeError("there is no row");
  };
  for (const { block, from, to } of slices) {
    if (block !== last) read = readerOf(type, block);
    last = block;
    for (let row = from; row < to; row++) yield read(row);
  }
}

function readerOf(type: EventType, block: RowBlock): RowReader {
  const values = valuesOfBlock(columnsOf(type), block);
  return rowReader(type, new PageColumns(values, block.rows));
}
