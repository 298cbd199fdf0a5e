import { crc32 } from "node:zlib";
import { ByteCursor } from "./byte_cursor.ts";
import type { Bounds } from "./encoded_chunk.ts";
import type { ChunkLocation, Extent, RowGroupLocation } from "./footer_reader.ts";
import type { PageLocation } from "./page_index.ts";
import { FieldReader, readThrift, UTF8 } from "./thrift_reader.ts";

/** Rows of a group in one page; all columns split pages at the same rows. */
export interface PageRows {
  /** Page number within the group. */
  number: number;
  /** First row within the group. */
  firstRow: number;
  rows: number;
  /** Byte-order range of its symbols; undefined = unknown. */
  symbols: { first: string; last: string } | undefined;
  /** receivedAt of the earliest and latest row, µs; 0 and MAX_SAFE_INTEGER when unknown. */
  fromUs: number;
  toUs: number;
}

/** Pages of a row group. */
export interface GroupPages {
  pages: readonly PageRows[];
  /** Page locations of each chunk, in the order of the group. */
  locations: readonly (readonly PageLocation[])[];
}

/** Parses the page indexes of a group from `bytes`. Throws RangeError when they are corrupt. */
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

/** Converts the bounds of a time column; the widest span when undefined. */
export function spanOf(bounds: Bounds | undefined): { fromUs: number; toUs: number } {
  if (bounds === undefined) return { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  return { fromUs: usOf(bounds.min), toUs: usOf(bounds.max) };
}

function usOf(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
}

/** Converts the bounds of a symbol column. */
export function symbolsWithin({ bounds }: ChunkLocation): PageRows["symbols"] {
  return symbolsOf(bounds);
}
