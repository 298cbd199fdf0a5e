import type { ColumnWords } from "./parquet/block_bytes.ts";
import type { BlockColumn } from "./parquet/block_column.ts";
import type { RowBlock } from "./parquet/row_block.ts";

/** Words of the blocks of several files, so that blocks of all of them can be merged. */
export class SharedWords {
  readonly words: string[][];
  #known: Map<string, number>[];

  constructor(columns: number) {
    this.words = Array.from({ length: columns }, () => []);
    this.#known = Array.from({ length: columns }, () => new Map());
  }

  /** Adds a file's words; returns how its blocks are made to refer to these, in place. */
  add(words: ColumnWords): (block: RowBlock) => RowBlock {
    const indices = words.map((own, column) =>
      Uint32Array.from(own, (word) => this.#indexOf(word, column))
    );
    return (block) => {
      block.columns.forEach((column, i) => rewrite(column, indices[i] ?? new Uint32Array(0)));
      return block;
    };
  }

  #indexOf(word: string, column: number): number {
    const known = this.#known[column]?.get(word);
    if (known !== undefined) return known;
    const words = this.words[column] ?? [];
    this.#known[column]?.set(word, words.length);
    return words.push(word) - 1;
  }
}

function rewrite(column: BlockColumn, shared: Uint32Array): void {
  if (!("words" in column)) return;
  const { indices } = column;
  // An absent word has no index there, and keeps its own.
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    indices[i] = shared[index] ?? index;
  }
}
