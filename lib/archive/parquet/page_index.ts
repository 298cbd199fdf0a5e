import { compareBounds } from "./bounds.ts";
import type { PageCounts } from "./encoded_chunk.ts";
import type { ColumnKind } from "./record_columns.ts";
import { thriftBytes } from "./thrift_writer.ts";

/** Location of a data page. */
export interface PageLocation {
  /** Offset of its header in the file. */
  offset: number;
  /** Size including the header. */
  bytes: number;
  /** First row within the group. */
  firstRow: number;
}

/** Encoded indexes of a column chunk; `bounds` is absent when those of a page are unknown. */
export interface PageIndexBytes {
  bounds: Uint8Array | undefined;
  offsetIndex: Uint8Array;
}

const UNORDERED = { i32: 0 };
const ASCENDING = { i32: 1 };
const NONE = new Uint8Array(0);

/** Encodes Parquet's ColumnIndex and OffsetIndex for the pages of a chunk. */
export function pageIndexBytes(
  pages: readonly PageCounts[],
  locations: readonly PageLocation[],
  kind: ColumnKind,
): PageIndexBytes {
  return { bounds: boundsBytes(pages, kind), offsetIndex: offsetIndexBytes(locations) };
}

/** Encodes Parquet's OffsetIndex for pages. */
export function offsetIndexBytes(locations: readonly PageLocation[]): Uint8Array {
  const structs = locations.map(({ offset, bytes, firstRow }) => ({
    struct: { 1: { i64: offset }, 2: { i32: bytes }, 3: { i64: firstRow } },
  }));
  return thriftBytes({ 1: { list: structs, of: "struct" } });
}

function boundsBytes(pages: readonly PageCounts[], kind: ColumnKind): Uint8Array | undefined {
  if (pages.some(({ bounds, count, nulls }) => bounds === undefined && count > nulls)) {
    return undefined;
  }
  return thriftBytes({
    1: { flags: pages.map(({ bounds }) => bounds === undefined) },
    2: { list: pages.map(({ bounds }) => bounds?.min ?? NONE), of: "binary" },
    3: { list: pages.map(({ bounds }) => bounds?.max ?? NONE), of: "binary" },
    4: isAscending(pages, kind) ? ASCENDING : UNORDERED,
    5: { list: pages.map(({ nulls }) => ({ i64: nulls })), of: "i64" },
  });
}

function isAscending(pages: readonly PageCounts[], kind: ColumnKind): boolean {
  const known = pages.flatMap(({ bounds }) => bounds ?? []);
  return known.every(({ min, max }, i) => {
    const before = known[i - 1];
    return before === undefined ||
      compareBounds(kind, before.min, min) <= 0 && compareBounds(kind, before.max, max) <= 0;
  });
}
