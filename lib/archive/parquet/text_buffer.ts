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
import type { TableRow, TextColumn } from "./record_columns.ts";
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
  #page = new ByteBuffer();

  constructor(column: TextColumn) {
    this.#column = column;
    this.#levels = column.nullable ? new Levels(new ByteBuffer()) : undefined;
  }

  add(event: TableRow): number {
    const text = this.#column.of(event);
    this.#rows++;
    this.#levels?.add(text === null ? 0 : 1);
    if (text === null) return 0;
    if (text !== this.#last) {
      this.#last = text;
      this.#lastIndex = this.#indexOf(text);
    }
    this.#indices.push(this.#lastIndex);
    return 0;
  }

  #indexOf(text: string): number {
    const known = this.#isDictionary ? this.#known.get(text) : undefined;
    if (known !== undefined) return known;
    const index = this.#starts.length;
    this.#starts.push(this.#bytes.length);
    this.#bytes.text(text);
    if (this.#isDictionary) this.#remember(text, index);
    return index;
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

  #begin({ from, to }: PageSpan): Uint32Array {
    this.#page.clear();
    this.#levels?.write(this.#page, from.levels, to.levels);
    return this.#indices.items.subarray(from.values, to.values);
  }

  #indexPage(span: PageSpan, bits: number): Uint8Array {
    const indices = this.#begin(span);
    this.#page.uint8(bits);
    writeRuns(this.#page, indices, bits);
    return this.#page.written;
  }

  #textPage(span: PageSpan): Uint8Array {
    const indices = this.#begin(span);
    const starts = this.#starts.items;
    const all = this.#bytes.written;
    const lengths = new DoubleList();
    const texts = new ByteBuffer();
    for (const index of indices) {
      const start = starts[index] as number;
      const end = starts[index + 1] ?? all.length;
      lengths.push(end - start);
      texts.bytes(all.subarray(start, end));
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
