import { crc32 } from "node:zlib";
import { ByteCursor } from "./byte_cursor.ts";
import type { Bounds } from "./encoded_chunk.ts";
import type { ChunkLocation, Extent, RowGroupLocation } from "./footer_reader.ts";
import type { PageLocation } from "./page_index.ts";
import { FieldReader, readThrift, UTF8 } from "./thrift_reader.ts";

/** Rows of a group that all columns have in a page of their own. */
export interface PageRows {
  /** In the group. */
  number: number;
  /** Number of the first row within the group. */
  firstRow: number;
  rows: number;
  /** Symbols of its rows by their bytes; absent = not known. */
  symbols: { first: string; last: string } | undefined;
  /** receivedAt of the earliest and the latest row, µs; all times where it is not known. */
  fromUs: number;
  toUs: number;
}

/** The pages of a row group. */
export interface GroupPages {
  pages: readonly PageRows[];
  /** Of each chunk, in the order of the group: where its pages lie. */
  locations: readonly (readonly PageLocation[])[];
}

/**
 * Reads the page indexes of a group, `bytes`. Throws RangeError when they are not what was written.
 */
export function readGroupPages(bytes: Uint8Array, group: RowGroupLocation): GroupPages {
  if (bytes.length !== group.index.bytes || crc32(bytes) !== group.indexCheck) {
    throw new RangeError("its page indexes are not what was written");
  }
  const at = ({ offset, bytes: length }: Extent) => {
    const start = offset - group.index.offset;
    return new FieldReader(readThrift(new ByteCursor(bytes.subarray(start, start + length))));
  };
  const locations = group.chunks.map((chunk) => locationsOf(at(chunk.offsetIndex)));
  const boundsOf = (name: string) => {
    const chunk = group.chunks.find((each) => each.name === name);
    return chunk?.columnIndex === undefined ? undefined : boundsIn(at(chunk.columnIndex));
  };
  const symbols = boundsOf("symbol");
  const times = boundsOf("received_at");
  const pages = (locations[0] ?? []).map(({ firstRow }, number): PageRows => ({
    ...{ number, firstRow, rows: (locations[0]?.[number + 1]?.firstRow ?? group.rows) - firstRow },
    ...{ symbols: symbolsOf(symbols?.[number]), ...spanOf(times?.[number]) },
  }));
  const isAligned = locations.every((each) =>
    each.length === pages.length && each.every(({ firstRow }, i) => firstRow === pages[i]?.firstRow)
  );
  if (!isAligned) throw new RangeError("its columns are not cut into pages at the same rows");
  return { pages, locations };
}

function locationsOf(index: FieldReader): PageLocation[] {
  return index.structs(1).map((location) => ({
    offset: location.number(1),
    bytes: location.number(2),
    firstRow: location.number(3),
  }));
}

function boundsIn(index: FieldReader): (Bounds | undefined)[] {
  const [nulls, least, greatest] = [index.list(1), index.list(2), index.list(3)];
  return nulls.map((isNull, i) => {
    const [min, max] = [least[i], greatest[i]];
    const isKnown = isNull === false && min instanceof Uint8Array && max instanceof Uint8Array;
    return isKnown ? { min, max } : undefined;
  });
}

function symbolsOf(bounds: Bounds | undefined): PageRows["symbols"] {
  return bounds && { first: UTF8.decode(bounds.min), last: UTF8.decode(bounds.max) };
}

/** What the bounds of times say. */
export function spanOf(bounds: Bounds | undefined): { fromUs: number; toUs: number } {
  if (bounds === undefined) return { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  return { fromUs: usOf(bounds.min), toUs: usOf(bounds.max) };
}

function usOf(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
}

/** What the bounds of a chunk of symbols say. */
export function symbolsWithin({ bounds }: ChunkLocation): PageRows["symbols"] {
  return symbolsOf(bounds);
}
