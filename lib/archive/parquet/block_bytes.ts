import type { Column } from "./record_columns.ts";
import type { BlockColumn } from "./block_column.ts";
import type { RowBlock } from "./row_block.ts";

/** Words of each column, by index; empty for columns of other kinds. */
export type ColumnWords = readonly (readonly string[])[];

/** Returns the words that a block's indices refer to. */
export function wordsOfBlock({ columns }: RowBlock): ColumnWords {
  return columns.map((column) => "words" in column ? column.words : []);
}

type Numbers = Float64Array | Uint32Array | Uint8Array;

/** Arrays of a column in the order of their bytes. */
function arraysOf(column: BlockColumn): Numbers[] {
  if ("numbers" in column) return [column.numbers];
  if ("words" in column) return [column.indices];
  if ("flags" in column) return [column.flags];
  return [column.ends, "utf8" in column ? column.utf8 : column.values];
}

function alignedUp(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/**
 * Writes blocks, without their words, to bytes that only this process reads: the number of rows, then
 * each column's arrays in the machine's byte order, each from a multiple of eight.
 */
export class BlockBytes {
  #bytes = new Uint8Array(0);

  /** Bytes of a block; valid until the next call. */
  of({ rows, columns }: RowBlock): Uint8Array<ArrayBuffer> {
    const arrays = columns.flatMap(arraysOf);
    const length = arrays.reduce((sum, { byteLength }) => sum + alignedUp(byteLength), 8);
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(length);
    const bytes = this.#bytes.subarray(0, length);
    new Uint32Array(bytes.buffer, 0, 1)[0] = rows;
    let at = 8;
    for (const { buffer, byteOffset, byteLength } of arrays) {
      bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
      at += alignedUp(byteLength);
    }
    return bytes;
  }
}

/** Reads a block from bytes of {@linkcode BlockBytes}; its arrays are views of them. */
export function blockOfBytes(
  columns: readonly Column[],
  bytes: Uint8Array<ArrayBuffer>,
  words: ColumnWords,
): RowBlock {
  const reader = new ArrayReader(bytes);
  const rows = reader.uint32s(1)[0] as number;
  return {
    rows,
    columns: columns.map(({ kind }, i): BlockColumn => {
      if (kind === "word") return { indices: reader.uint32s(rows), words: words[i] ?? [] };
      if (kind === "flag") return { flags: reader.uint8s(rows) };
      if (kind !== "text" && kind !== "doubles") return { numbers: reader.float64s(rows) };
      const ends = reader.uint32s(rows);
      const end = ends.at(-1) ?? 0;
      return kind === "text"
        ? { ends, utf8: reader.uint8s(end) }
        : { ends, values: reader.float64s(end) };
    }),
  };
}

/** Takes arrays out of bytes one after the other. */
class ArrayReader {
  #buffer: ArrayBuffer;
  #at: number;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    const { buffer, byteOffset } = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
    this.#buffer = buffer;
    this.#at = byteOffset;
  }

  uint8s(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, this.#taken(length), length);
  }

  uint32s(length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#buffer, this.#taken(4 * length), length);
  }

  float64s(length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#buffer, this.#taken(8 * length), length);
  }

  #taken(bytes: number): number {
    const at = this.#at;
    this.#at += alignedUp(bytes);
    return at;
  }
}
