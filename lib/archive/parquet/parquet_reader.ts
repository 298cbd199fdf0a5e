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

/** Read at once where it is not known how long footer and page indexes are. */
const GUESS_BYTES = 128 * 1024;

/** A file that is read by ranges. */
interface RangeSource {
  /** Names it in errors. */
  key: string;
  /** Of the whole file. */
  bytes: number;
  getRange(start: number, end: number): Promise<Uint8Array>;
}

/** Pages of a group. */
interface PageSpan {
  group: RowGroupLocation;
  first: number;
  /** Number of the page behind the last one. */
  end: number;
  /** Unwanted bytes that are fetched along rather than to make two requests; default 1 MiB. */
  holeBytesMax?: number;
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
   * Reads the footer, which says of which type the records are: one range, a second one where `footerBytes` is not given and the footer is long.
   * Page indexes of small files come along.
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

  /** The footer with its tail, as it lies in the file. */
  get footerBytes(): Uint8Array {
    return this.#end.subarray(this.#end.length - footerBytesOf(this.#end, this.#source.bytes));
  }

  /** Reads the page indexes of groups that are not read yet; those that lie together as one range. */
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

  /** The pages of a group. They must be loaded. */
  pagesOf(group: RowGroupLocation): readonly PageRows[] {
    return this.#loaded(group).pages;
  }

  /** Fetches pages of a group: as few ranges as holes allow, one where the whole group is wanted. */
  async fetchPages(pages: PageSpan): Promise<FetchedPages> {
    const { group, holeBytesMax } = pages;
    const ranges = await this.#fetch(this.#extents(pages), holeBytesMax);
    return new FetchedPages(this, group, { pages: this.#loaded(group), ranges });
  }

  /** A piece of the file as it is. */
  async bytesAt({ offset, bytes }: Extent): Promise<Uint8Array> {
    return await rangeOf(this.#source, offset, offset + bytes);
  }

  /** The table's column of that name; undefined = it is of a newer writer. */
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
