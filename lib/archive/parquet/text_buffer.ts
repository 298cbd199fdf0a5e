import { textOf } from "@ssmd/codec";
import { ByteBuffer } from "./byte_buffer.ts";
import { writeDeltas } from "./delta_packing.ts";
import {
  type Bounds,
  type ColumnBuffer,
  DELTA_LENGTH_BYTE_ARRAY,
  type EncodedChunk,
  type PageCounts,
  RLE_DICTIONARY,
} from "./encoded_chunk.ts";
import { Levels } from "./levels.ts";
import { DoubleList, Uint32List } from "./number_lists.ts";
import { PageEnds, type PageSpan } from "./page_ends.ts";
import type { TextColumn } from "./record_columns.ts";
import {
  type BlockColumn,
  NO_WORD,
  startOf,
  type TextValues,
  type WordValues,
} from "./block_column.ts";
import { bitsFor, writeRuns } from "./run_lengths.ts";

/** With more distinct texts, each is written separately. */
const DICTIONARY_TEXTS_MAX = 16_384;
/** Rows after which texts are written separately if more than half are distinct. */
const TRIAL_ROWS = 1024;
/** Longest text stored as a bound, bytes. */
const BOUND_BYTES_MAX = 64;

/**
 * Texts in UTF-8: a dictionary with an index per row when most repeat; otherwise their lengths,
 * then all texts. Bounds use byte order, as Parquet does.
 */
export class TextBuffer implements ColumnBuffer {
  #column: TextColumn;
  #levels: Levels | undefined;
  #rows = 0;
  #ends = new PageEnds();
  /** Index of each distinct text. */
  #known = new Map<string, number>();
  /** Whether texts repeat enough for a dictionary. */
  #isDictionary = true;
  #indices = new Uint32List();
  #bytes = new ByteBuffer();
  #starts = new Uint32List();
  #last: string | undefined;
  #lastIndex = 0;
  /** Span of the text with that index; of none at first. */
  #lastStart = 0;
  #lastEnd = -1;
  /** Words of the last block, and the index of each. */
  #words: readonly string[] = [];
  #wordIndices = new Int32Array(0);
  #page = new ByteBuffer();

  constructor(column: TextColumn) {
    this.#column = column;
    this.#levels = column.nullable ? new Levels(new ByteBuffer()) : undefined;
  }

  add(column: BlockColumn, from: number, to: number): void {
    if ("words" in column) this.#addWords(column, from, to);
    else this.#addTexts(column as TextValues, from, to);
  }

  #addWords({ indices, words }: WordValues, from: number, to: number): void {
    const known = this.#indicesOf(words);
    let last = NO_WORD;
    let index = 0;
    for (let i = from; i < to; i++) {
      const word = indices[i] as number;
      this.#rows++;
      this.#levels?.add(word === NO_WORD ? 0 : 1);
      if (word === NO_WORD) continue;
      // Mostly the same word as before.
      if (word !== last) {
        index = known[word] as number;
        if (index < 0 || !this.#isDictionary) {
          index = this.#indexOf(words[word] as string);
          known[word] = index;
        }
        last = word;
      }
      this.#indices.push(index);
    }
  }

  /** Index by that of the word in a block; -1 = not known yet. */
  #indicesOf(words: readonly string[]): Int32Array {
    if (this.#words === words && this.#wordIndices.length === words.length) {
      return this.#wordIndices;
    }
    this.#words = words;
    return this.#wordIndices = new Int32Array(words.length).fill(-1);
  }

  #addTexts({ ends, utf8 }: TextValues, from: number, to: number): void {
    const view = new DataView(utf8.buffer, utf8.byteOffset, utf8.byteLength);
    let start = startOf(ends, from);
    for (let i = from; i < to; i++) {
      const end = ends[i] as number;
      this.#rows++;
      if (this.#levels !== undefined) {
        this.#levels.add(end === start ? 0 : 1);
        if (end === start) continue;
      }
      // Equal texts in a row are one, with and without a dictionary.
      if (!this.#isLast(utf8, start, end)) {
        if (this.#isDictionary) this.#indexOf(textOf(view, start, end));
        else {
          this.#begin();
          this.#bytes.part(utf8, start, end);
          this.#lastEnd = this.#bytes.length;
        }
      }
      this.#indices.push(this.#lastIndex);
      start = end;
    }
  }

  #indexOf(text: string): number {
    if (text === this.#last) return this.#lastIndex;
    this.#last = text;
    const known = this.#isDictionary ? this.#known.get(text) : undefined;
    if (known === undefined) {
      this.#begin();
      this.#bytes.text(text);
      this.#lastEnd = this.#bytes.length;
      if (this.#isDictionary) this.#remember(text, this.#lastIndex);
    } else {
      this.#lastIndex = known;
      this.#lastStart = this.#starts.at(known) as number;
      this.#lastEnd = this.#starts.at(known + 1) ?? this.#bytes.length;
    }
    return this.#lastIndex;
  }

  /** Begins another text, which is the last one from now on. */
  #begin(): void {
    this.#lastIndex = this.#starts.length;
    this.#lastStart = this.#bytes.length;
    this.#starts.push(this.#lastStart);
  }

  #isLast(utf8: Uint8Array, start: number, end: number): boolean {
    return this.#lastEnd - this.#lastStart === end - start &&
      this.#bytes.isAt(this.#lastStart, utf8, { start, end });
  }

  #remember(text: string, index: number): void {
    this.#known.set(text, index);
    const isWord = this.#column.kind === "word";
    const isSeldom = !isWord && this.#rows >= TRIAL_ROWS && 2 * index > this.#rows;
    if (!isSeldom && index < DICTIONARY_TEXTS_MAX - 1) return;
    this.#isDictionary = false;
    this.#known.clear();
  }

  endPage(): void {
    this.#ends.add(this.#rows, this.#indices.length);
  }

  take(): EncodedChunk {
    const spans = this.#ends.spans;
    const pages = spans.map((span) => this.#countsOf(span));
    const count = this.#starts.length;
    if (!this.#isDictionary || count === 0) {
      const pageBytes = (page: number) => this.#textPage(spans[page] as PageSpan);
      return { encoding: DELTA_LENGTH_BYTE_ARRAY, pages, pageBytes };
    }
    const dictionary = { count, page: this.#dictionary() };
    // A width of 0 bits is valid, but some readers fail on it.
    const bits = Math.max(1, bitsFor(count - 1));
    const pageBytes = (page: number) => this.#indexPage(spans[page] as PageSpan, bits);
    return { encoding: RLE_DICTIONARY, dictionary, pages, pageBytes };
  }

  clear(): void {
    this.#rows = 0;
    this.#known.clear();
    this.#isDictionary = true;
    this.#last = undefined;
    this.#lastStart = 0;
    this.#lastEnd = -1;
    this.#words = [];
    for (const each of [this.#indices, this.#bytes, this.#starts, this.#ends]) each.clear();
    this.#levels?.clear();
  }

  #dictionary(): Uint8Array {
    const page = new ByteBuffer();
    const starts = this.#starts.items;
    const all = this.#bytes.written;
    starts.forEach((start, i) => {
      const text = all.subarray(start, starts[i + 1] ?? all.length);
      page.uint32(text.length);
      page.bytes(text);
    });
    return page.written;
  }

  #beginPage({ from, to }: PageSpan): Uint32Array {
    this.#page.clear();
    this.#levels?.write(this.#page, from.levels, to.levels);
    return this.#indices.items.subarray(from.values, to.values);
  }

  #indexPage(span: PageSpan, bits: number): Uint8Array {
    const indices = this.#beginPage(span);
    this.#page.uint8(bits);
    writeRuns(this.#page, indices, bits);
    return this.#page.written;
  }

  #textPage(span: PageSpan): Uint8Array {
    const indices = this.#beginPage(span);
    const starts = this.#starts.items;
    const all = this.#bytes.written;
    const lengths = new DoubleList();
    const texts = new ByteBuffer();
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i] as number;
      const start = starts[index] as number;
      const end = index + 1 < starts.length ? starts[index + 1] as number : all.length;
      lengths.push(end - start);
      texts.part(all, start, end);
    }
    writeDeltas(this.#page, lengths.items);
    this.#page.bytes(texts.written);
    return this.#page.written;
  }

  #countsOf({ from, to }: PageSpan): PageCounts {
    const count = to.levels - from.levels;
    const nulls = count - (to.values - from.values);
    const bounds = this.#boundsOf(this.#indices.items.subarray(from.values, to.values));
    return { count, nulls, ...(bounds === undefined ? {} : { bounds }) };
  }

  #boundsOf(indices: Uint32Array): Bounds | undefined {
    if (indices.length === 0) return undefined;
    const starts = this.#starts.items;
    const all = this.#bytes.length;
    const spanOf = (index: number) => ({
      start: starts[index] as number,
      end: starts[index + 1] ?? all,
    });
    let min = spanOf(indices[0] as number);
    let max = min;
    let last = indices[0];
    for (const index of indices) {
      if (index === last) continue;
      last = index;
      const span = spanOf(index);
      if (this.#bytes.compare(span, min) < 0) min = span;
      else if (this.#bytes.compare(span, max) > 0) max = span;
    }
    const [least, greatest] = [min, max].map(({ start, end }) =>
      this.#bytes.written.slice(start, end)
    ) as [Uint8Array, Uint8Array];
    const isShort = Math.max(least.length, greatest.length) <= BOUND_BYTES_MAX;
    return isShort ? { min: least, max: greatest } : undefined;
  }
}
