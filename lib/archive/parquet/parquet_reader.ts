import type { EventType } from "@ssmd/market";
import { corruptionError } from "../zstd_frames.ts";
import { FetchedPages } from "./fetched_pages.ts";
import { FetchedRanges, mergedExtents } from "./fetched_ranges.ts";
import {
  type Extent,
  footerBytesOf,
  type ParquetFooter,
  readFooter,
  type RowGroupLocation,
} from "./footer_reader.ts";
import { type GroupPages, type PageRows, readGroupPages } from "./page_index_reader.ts";
import { TAIL_BYTES } from "./parquet_file.ts";
import { checked } from "./read_corruption.ts";
import { type Column, columnsOf } from "./record_columns.ts";

/** Bytes of the first read when the lengths of footer and page indexes are unknown. */
const GUESS_BYTES = 128 * 1024;

/** A file read by ranges. */
interface RangeSource {
  /** Name in errors. */
  key: string;
  /** Size of the whole file. */
  bytes: number;
  getRange(start: number, end: number): Promise<Uint8Array>;
}

/** A range of pages of a group. */
interface PageSpan {
  group: RowGroupLocation;
  first: number;
  /** Page number after the last page. */
  end: number;
  /** Largest gap of unwanted bytes to fetch instead of a second request; default 1 MiB. */
  holeBytesMax?: number;
}

/**
 * A Parquet file written by ssmd, opened for reading. Verifies everything it reads: the footer by
 * its own hash, page indexes by the footer, pages by their CRC-32. Corruption throws ArchiveError
 * `ARCHIVE_DAMAGED` with the key and the offset of the unreadable part.
 */
export class ParquetFile {
  readonly key: string;
  readonly type: EventType;
  readonly footer: ParquetFooter;
  #source: RangeSource;
  #columns: ReadonlyMap<string, Column>;
  /** The end of the file, as far as `open` read it. */
  #end: Uint8Array;
  #pages = new Map<RowGroupLocation, GroupPages>();

  private constructor(
    source: RangeSource,
    type: EventType,
    { footer, end }: { footer: ParquetFooter; end: Uint8Array },
  ) {
    this.key = source.key;
    this.type = type;
    this.footer = footer;
    this.#source = source;
    this.#columns = new Map(columnsOf(type).map((column) => [column.name, column]));
    this.#end = end;
  }

  /**
   * Reads the footer with one range read; with two when `footerBytes` is not given and the footer
   * is long. `typeOf` derives the record type. In small files this includes the page indexes.
   */
  static async open(
    source: RangeSource,
    { typeOf, footerBytes = 0 }: {
      typeOf: (footer: ParquetFooter) => EventType;
      footerBytes?: number;
    },
  ): Promise<ParquetFile> {
    const { key, bytes } = source;
    const at = { key, offset: Math.max(0, bytes - TAIL_BYTES) };
    let end = await rangeOf(source, Math.max(0, bytes - Math.max(GUESS_BYTES, footerBytes)), bytes);
    const length = checked(at, () => footerBytesOf(end, bytes));
    if (length > end.length) end = await rangeOf(source, bytes - length, bytes);
    const footer = checked(at, () => readFooter(end.subarray(end.length - length)));
    return new ParquetFile(source, typeOf(footer), { footer, end });
  }

  /** The footer with its tail, as stored. */
  get footerBytes(): Uint8Array {
    return this.#end.subarray(this.#end.length - footerBytesOf(this.#end, this.#source.bytes));
  }

  /** Loads the page indexes of groups not loaded yet; adjacent ones with one range read. */
  async loadPages(groups: readonly RowGroupLocation[]): Promise<void> {
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

  /** Returns the pages of a group, which must be loaded. */
  pagesOf(group: RowGroupLocation): readonly PageRows[] {
    return this.#loaded(group).pages;
  }

  /** Fetches pages of a group with as few range reads as gaps allow; one for a whole group. */
  async fetchPages(pages: PageSpan): Promise<FetchedPages> {
    const { group, holeBytesMax } = pages;
    const ranges = await this.#fetch(this.#extents(pages), holeBytesMax);
    return new FetchedPages(this, group, { pages: this.#loaded(group), ranges });
  }

  /** Reads raw bytes of the file. */
  async bytesAt({ offset, bytes }: Extent): Promise<Uint8Array> {
    return await rangeOf(this.#source, offset, offset + bytes);
  }

  /** Returns the table's column of that name; undefined for one of a newer writer. */
  columnOf(name: string): Column | undefined {
    return this.#columns.get(name);
  }

  #loaded(group: RowGroupLocation): GroupPages {
    const pages = this.#pages.get(group);
    if (pages === undefined) throw new RangeError("the group's page indexes are not loaded");
    return pages;
  }

  #extents({ group, first, end }: PageSpan): Extent[] {
    const { locations } = this.#loaded(group);
    return group.chunks.flatMap((chunk, i) => {
      const [from, to] = [locations[i]?.[first], locations[i]?.[end - 1]];
      if (from === undefined || to === undefined) return [];
      const pages = { offset: from.offset, bytes: to.offset + to.bytes - from.offset };
      const { offset, dataOffset } = chunk;
      return offset < dataOffset ? [{ offset, bytes: dataOffset - offset }, pages] : [pages];
    });
  }

  async #fetch(extents: readonly Extent[], holeBytesMax?: number): Promise<FetchedRanges> {
    const endAt = this.#source.bytes - this.#end.length;
    const isAtHand = extents.every(({ offset }) => offset >= endAt);
    if (isAtHand) return new FetchedRanges([{ offset: endAt, bytes: this.#end }]);
    const ranges = mergedExtents(extents, holeBytesMax).map(async ({ offset, bytes }) => ({
      offset,
      bytes: await rangeOf(this.#source, offset, offset + bytes),
    }));
    return new FetchedRanges(await Promise.all(ranges));
  }
}

async function rangeOf(source: RangeSource, start: number, end: number): Promise<Uint8Array> {
  const range = await source.getRange(start, end);
  if (range.length === end - start) return range;
  const why = `the file ends ${end - start - range.length} bytes before it should`;
  throw corruptionError(source.key, { offset: start + range.length, why });
}
