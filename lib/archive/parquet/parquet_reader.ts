import { ArchiveError, messageOf } from "@ssmd/runtime";
import type { EventType } from "@ssmd/market";
import { damaged } from "../zstd_frames.ts";
import { type ColumnValues, columnValues, type Dictionary, dictionaryOf } from "./column_values.ts";
import { RLE_DICTIONARY } from "./encoded_chunk.ts";
import {
  type ChunkPlace,
  type Extent,
  footerBytesOf,
  type GroupPlace,
  type ParquetFooter,
  readFooter,
} from "./footer_reader.ts";
import { type GroupPages, type PageRows, readGroupPages } from "./page_index_reader.ts";
import { readPage } from "./page_reader.ts";
import { TAIL_BYTES } from "./parquet_file.ts";
import { type Column, columnsOf } from "./record_columns.ts";
import { PageColumns, type RowReader, rowReader } from "./record_rows.ts";

/** Read at once where it is not known how long footer and page indexes are. */
const GUESS_BYTES = 128 * 1024;
/** Unwanted bytes that are fetched along rather than to make two requests. */
const HOLE_BYTES_MAX = 64 * 1024;

/** A file that is read by ranges. */
export interface RangeSource {
  /** Names it in errors. */
  key: string;
  /** Of the whole file. */
  bytes: number;
  getRange(start: number, end: number): Promise<Uint8Array>;
}

/**
 * A Parquet file of ours that is open for reading. Everything that is read is checked against what was
 * written: the footer by a hash of its own, page indexes by the footer, pages by their CRC-32. Damage is
 * thrown as ArchiveError `ARCHIVE_DAMAGED` with the key and the offset of what cannot be read.
 */
export class ParquetFile {
  readonly key: string;
  readonly type: EventType;
  readonly footer: ParquetFooter;
  #source: RangeSource;
  #columns: ReadonlyMap<string, Column>;
  /** The end of the file, as far as it was read on opening. */
  #end: Uint8Array;
  #pages = new Map<GroupPlace, GroupPages>();

  private constructor(
    source: RangeSource,
    type: EventType,
    footer: ParquetFooter,
    end: Uint8Array,
  ) {
    this.key = source.key;
    this.type = type;
    this.footer = footer;
    this.#source = source;
    this.#columns = new Map(columnsOf(type).map((column) => [column.name, column]));
    this.#end = end;
  }

  /**
   * Reads the footer: one range, a second one where `footerBytes` is not given and the footer is long.
   * Page indexes of small files come along.
   */
  static async open(
    source: RangeSource,
    { type, footerBytes = 0 }: { type: EventType; footerBytes?: number },
  ): Promise<ParquetFile> {
    const { key, bytes } = source;
    let end = await rangeOf(source, Math.max(0, bytes - Math.max(GUESS_BYTES, footerBytes)), bytes);
    return await checkedAsync(key, bytes - TAIL_BYTES, async () => {
      const length = footerBytesOf(end, bytes);
      if (length > end.length) end = await rangeOf(source, bytes - length, bytes);
      const footer = readFooter(end.subarray(end.length - length));
      return new ParquetFile(source, type, footer, end);
    });
  }

  /** The footer with its tail, as it lies in the file. */
  get footerBytes(): Uint8Array {
    return this.#end.subarray(this.#end.length - footerBytesOf(this.#end, this.#source.bytes));
  }

  /** Reads the page indexes of groups that are not read yet; those that lie together as one range. */
  async loadPages(groups: readonly GroupPlace[]): Promise<void> {
    const missing = groups.filter((group) => !this.#pages.has(group));
    const found = await this.#fetch(missing.map(({ index }) => index));
    for (const group of missing) {
      const pages = checked(
        { key: this.key, offset: group.index.offset },
        () => readGroupPages(found.at(group.index), group),
      );
      this.#pages.set(group, pages);
    }
  }

  /** The pages of a group. They must be loaded. */
  pagesOf(group: GroupPlace): readonly PageRows[] {
    return this.#loaded(group).pages;
  }

  /** How many bytes pages of a group have, with what lies between them. */
  bytesOf(group: GroupPlace, first: number, end: number): number {
    return mergedExtents(this.#extents(group, first, end)).reduce(
      (sum, { bytes }) => sum + bytes,
      0,
    );
  }

  /** Fetches the pages of a group from `first` to before `end`: one range where it is the whole group. */
  async fetchPages(group: GroupPlace, first: number, end: number): Promise<FetchedPages> {
    const ranges = await this.#fetch(this.#extents(group, first, end));
    return new FetchedPages(this, group, this.#loaded(group), ranges);
  }

  /** The table's column of that name; undefined = it is of a newer writer. */
  columnOf(name: string): Column | undefined {
    return this.#columns.get(name);
  }

  #loaded(group: GroupPlace): GroupPages {
    const pages = this.#pages.get(group);
    if (pages === undefined) throw new RangeError("the group's page indexes are not loaded");
    return pages;
  }

  #extents(group: GroupPlace, first: number, end: number): Extent[] {
    const { places } = this.#loaded(group);
    return group.chunks.flatMap((chunk, i) => {
      const [from, to] = [places[i]?.[first], places[i]?.[end - 1]];
      if (from === undefined || to === undefined) return [];
      const pages = { offset: from.offset, bytes: to.offset + to.bytes - from.offset };
      const { offset, dataOffset } = chunk;
      return offset < dataOffset ? [{ offset, bytes: dataOffset - offset }, pages] : [pages];
    });
  }

  async #fetch(extents: readonly Extent[]): Promise<FetchedRanges> {
    const endAt = this.#source.bytes - this.#end.length;
    const ranges = await Promise.all(
      mergedExtents(extents.filter(({ offset }) => offset < endAt)).map(async (
        { offset, bytes },
      ) => ({
        offset,
        bytes: await rangeOf(this.#source, offset, offset + bytes),
      })),
    );
    return new FetchedRanges([...ranges, { offset: endAt, bytes: this.#end }]);
  }
}

/** Pieces of a file in memory. */
class FetchedRanges {
  #ranges: readonly { offset: number; bytes: Uint8Array }[];

  constructor(ranges: readonly { offset: number; bytes: Uint8Array }[]) {
    this.#ranges = ranges;
  }

  at({ offset, bytes: length }: Extent): Uint8Array {
    for (const { offset: start, bytes } of this.#ranges) {
      if (offset < start || offset + length > start + bytes.length) continue;
      return bytes.subarray(offset - start, offset - start + length);
    }
    throw new RangeError(`${length} bytes at ${offset} lie beyond what was read`);
  }
}

/** Pages of a group in memory, compressed. */
export class FetchedPages {
  #file: ParquetFile;
  #group: GroupPlace;
  #pages: GroupPages;
  #ranges: FetchedRanges;
  #dictionaries = new Map<ChunkPlace, Dictionary>();

  constructor(
    file: ParquetFile,
    group: GroupPlace,
    pages: GroupPages,
    ranges: FetchedRanges,
  ) {
    this.#file = file;
    this.#group = group;
    this.#pages = pages;
    this.#ranges = ranges;
  }

  /** Decodes a page of all columns; what it gives makes the records of its rows. */
  read(page: PageRows): RowReader {
    const columns = new Map<string, ColumnValues>();
    this.#group.chunks.forEach((chunk, i) => {
      const column = this.#file.columnOf(chunk.name);
      const place = this.#pages.places[i]?.[page.number];
      if (column === undefined || place === undefined) return;
      const values = checked(
        { key: this.#file.key, offset: place.offset },
        () => this.#valuesOf(column, chunk, { ...place, rows: page.rows }),
      );
      columns.set(column.name, values);
    });
    return rowReader(this.#file.type, new PageColumns(columns, page.rows));
  }

  #valuesOf(
    column: Column,
    chunk: ChunkPlace,
    place: Extent & { rows: number },
  ): ColumnValues {
    const { kind, plain } = readPage(this.#ranges.at(place));
    const { encoding } = chunk;
    if (!("values" in kind) || kind.encoding !== encoding) {
      throw new RangeError(`a page of ${chunk.name} is of another kind than its column`);
    }
    const dictionary = encoding === RLE_DICTIONARY ? this.#dictionary(column, chunk) : undefined;
    const { rows } = place;
    return columnValues({ column, encoding, plain, count: kind.values, rows, dictionary });
  }

  #dictionary(column: Column, chunk: ChunkPlace): Dictionary {
    const known = this.#dictionaries.get(chunk);
    if (known !== undefined) return known;
    const { offset, dataOffset } = chunk;
    const { kind, plain } = readPage(this.#ranges.at({ offset, bytes: dataOffset - offset }));
    if (!("dictionary" in kind)) throw new RangeError(`${chunk.name} has no dictionary`);
    const dictionary = dictionaryOf(column, plain, kind.dictionary);
    this.#dictionaries.set(chunk, dictionary);
    return dictionary;
  }
}

function mergedExtents(extents: readonly Extent[]): Extent[] {
  const merged: Extent[] = [];
  for (const { offset, bytes } of extents.toSorted((a, b) => a.offset - b.offset)) {
    const last = merged.at(-1);
    if (last !== undefined && offset - (last.offset + last.bytes) <= HOLE_BYTES_MAX) {
      last.bytes = Math.max(last.bytes, offset + bytes - last.offset);
    } else merged.push({ offset, bytes });
  }
  return merged;
}

async function rangeOf(source: RangeSource, start: number, end: number): Promise<Uint8Array> {
  const range = await source.getRange(start, end);
  if (range.length === end - start) return range;
  const why = `the file ends ${end - start - range.length} bytes before it should`;
  throw damaged(source.key, { offset: start + range.length, why });
}

/** Tells what cannot be read as damage of the file. */
function checked<T>({ key, offset }: { key: string; offset: number }, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asDamage(key, offset, error);
  }
}

async function checkedAsync<T>(key: string, offset: number, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw asDamage(key, offset, error);
  }
}

/** Readers throw RangeError, TextDecoder TypeError, JSON SyntaxError, zstd errors with a code. */
function asDamage(key: string, offset: number, error: unknown): unknown {
  const isData = error instanceof RangeError || error instanceof TypeError ||
    error instanceof SyntaxError || (error instanceof Error && "errno" in error);
  if (error instanceof ArchiveError || !isData) return error;
  return damaged(key, { offset, why: messageOf(error) });
}
