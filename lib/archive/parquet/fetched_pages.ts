import type { EventType } from "@ssmd/market";
import { compareUnsigned } from "./bounds.ts";
import { type ColumnValues, columnValues, type Dictionary, dictionaryOf } from "./column_values.ts";
import { RLE_DICTIONARY } from "./encoded_chunk.ts";
import type { FetchedRanges } from "./fetched_ranges.ts";
import type { ChunkLocation, Extent, RowGroupLocation } from "./footer_reader.ts";
import type { GroupPages, PageRows } from "./page_index_reader.ts";
import { readPage } from "./page_reader.ts";
import { checked } from "./read_corruption.ts";
import type { Column } from "./record_columns.ts";
import { PageColumns, type RowReader, rowReader } from "./record_rows.ts";

/** A decoded page. */
export interface DecodedPage {
  /** Symbol of each row. */
  symbols: readonly string[];
  /** receivedAt of each row, µs. */
  receivedAtUs: Float64Array;
  /** Sequence of each row. */
  sequences: Float64Array;
  recordOf: RowReader;
}

/** The file that the pages belong to. */
interface PagedFile {
  key: string;
  type: EventType;
  /** Returns the table's column of that name; undefined for one of a newer writer. */
  columnOf(name: string): Column | undefined;
}

/** A column's page that was decoded. */
interface KnownPage {
  bytes: Uint8Array;
  rows: number;
  values: ColumnValues;
}

/** Compressed pages of a row group in memory. */
export class FetchedPages {
  #file: PagedFile;
  #group: RowGroupLocation;
  #pages: GroupPages;
  #ranges: FetchedRanges;
  #dictionaries = new Map<ChunkLocation, Dictionary>();
  /** By column: the last page. Half of the columns have one value, so that their pages are equal. */
  #known = new Map<ChunkLocation, KnownPage>();

  constructor(
    file: PagedFile,
    group: RowGroupLocation,
    { pages, ranges }: { pages: GroupPages; ranges: FetchedRanges },
  ) {
    this.#file = file;
    this.#group = group;
    this.#pages = pages;
    this.#ranges = ranges;
  }

  /** Returns the bytes of a fetched extent of the file. */
  bytesAt(extent: Extent): Uint8Array {
    return this.#ranges.at(extent);
  }

  /** Decodes a page. */
  read(page: PageRows): DecodedPage {
    const columns = new Map<string, ColumnValues>();
    this.#group.chunks.forEach((chunk, i) => {
      const column = this.#file.columnOf(chunk.name);
      const location = this.#pages.locations[i]?.[page.number];
      if (column === undefined || location === undefined) return;
      const values = checked(
        { key: this.#file.key, offset: location.offset },
        () => this.#valuesOf(column, chunk, { ...location, rows: page.rows }),
      );
      columns.set(column.name, values);
    });
    const all = new PageColumns(columns, page.rows);
    return {
      symbols: all.texts("symbol"),
      receivedAtUs: all.numbers("received_at"),
      sequences: all.numbers("sequence"),
      recordOf: rowReader(this.#file.type, all),
    };
  }

  #valuesOf(
    column: Column,
    chunk: ChunkLocation,
    extent: Extent & { rows: number },
  ): ColumnValues {
    const bytes = this.#ranges.at(extent);
    const { rows } = extent;
    const known = this.#known.get(chunk);
    if (known?.rows === rows && compareUnsigned(known.bytes, bytes) === 0) return known.values;
    const values = this.#decoded(column, chunk, { bytes, rows });
    this.#known.set(chunk, { bytes, rows, values });
    return values;
  }

  #decoded(
    column: Column,
    chunk: ChunkLocation,
    { bytes, rows }: Pick<KnownPage, "bytes" | "rows">,
  ): ColumnValues {
    const { kind, plain } = readPage(bytes, chunk.codec);
    const { encoding } = chunk;
    if (!("values" in kind) || kind.encoding !== encoding) {
      throw new RangeError(`a page of ${chunk.name} is of another kind than its column`);
    }
    const dictionary = encoding === RLE_DICTIONARY ? this.#dictionary(column, chunk) : undefined;
    return columnValues({ column, encoding, plain, count: kind.values, rows, dictionary });
  }

  #dictionary(column: Column, chunk: ChunkLocation): Dictionary {
    const known = this.#dictionaries.get(chunk);
    if (known !== undefined) return known;
    const { offset, dataOffset } = chunk;
    const { kind, plain } = readPage(
      this.#ranges.at({ offset, bytes: dataOffset - offset }),
      chunk.codec,
    );
    if (!("dictionary" in kind)) throw new RangeError(`${chunk.name} has no dictionary`);
    const dictionary = dictionaryOf(column, plain, kind.dictionary);
    this.#dictionaries.set(chunk, dictionary);
    return dictionary;
  }
}
