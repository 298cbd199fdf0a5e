import type { ColumnValue } from "../columns.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import {
  type Bounds,
  type ColumnBuffer,
  DICTIONARY,
  type EncodedColumn,
} from "./encoded_column.ts";
import { bitsFor, writeRuns } from "./run_lengths.ts";
import { TextBuffer } from "./value_buffers.ts";

/** Texts of few values: each once in a dictionary, and its place there for each row. */
export class WordBuffer implements ColumnBuffer {
  #places = new Map<string, number>();
  #last: string | undefined;
  #place = 0;
  #rows: number[] = [];
  #dictionary = new ByteBuffer();
  #page = new ByteBuffer();

  add(value: ColumnValue): void {
    const word = value as string;
    if (word !== this.#last) {
      this.#last = word;
      this.#place = this.#placeOf(word);
    }
    this.#rows.push(this.#place);
  }

  #placeOf(word: string): number {
    const known = this.#places.get(word);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(word, place);
    return place;
  }

  take(): EncodedColumn {
    const words = [...this.#places.keys()];
    this.#dictionary.clear();
    for (const word of words) this.#dictionary.sizedText(word);
    this.#page.clear();
    // A width of 0 bits is allowed, and read wrongly by some.
    const bits = Math.max(1, bitsFor(words.length - 1));
    this.#page.uint8(bits);
    writeRuns(this.#page, this.#rows, bits);
    const count = this.#rows.length;
    const bounds = boundsOfWords(words);
    this.#places.clear();
    this.#last = undefined;
    this.#rows = [];
    return {
      ...{ count, nulls: 0, page: this.#page.written, encoding: DICTIONARY },
      dictionary: { count: words.length, page: this.#dictionary.written },
      ...(bounds === undefined ? {} : { bounds }),
    };
  }
}

function boundsOfWords(words: readonly string[]): Bounds | undefined {
  const all = new TextBuffer(false);
  for (const word of words) all.add(word);
  return all.take().bounds;
}
