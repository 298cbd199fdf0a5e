import { ByteCursor } from "./byte_cursor.ts";
import { type Bounds, RLE, RLE_DICTIONARY } from "./encoded_chunk.ts";
import { INDEX_KEY, isAsWritten } from "./footer_check.ts";
import { type Codec, UNCOMPRESSED, ZSTD } from "./page_compression.ts";
import { MAGIC, TAIL_BYTES } from "./parquet_file.ts";
import { FieldReader, readThrift, UTF8 } from "./thrift_reader.ts";

/** A byte range of the file. */
export interface Extent {
  offset: number;
  bytes: number;
}

/** Location of a column chunk. */
export interface ChunkLocation extends Extent {
  name: string;
  /** Value encoding of all its data pages. */
  encoding: number;
  codec: Codec;
  /** Offset of the first data page. */
  dataOffset: number;
  /** Bounds of all values; undefined = unknown, or no values. */
  bounds: Bounds | undefined;
  /** Index of the pages' bounds; undefined when a bound is unknown. */
  columnIndex: Extent | undefined;
  /** Index of the pages' locations. */
  offsetIndex: Extent;
}

/** Location of a row group. */
export interface RowGroupLocation extends Extent {
  rows: number;
  chunks: readonly ChunkLocation[];
  /** Extent of all its page indexes. */
  index: Extent;
  /** CRC-32 of the page indexes. */
  indexCheck: number;
}

/** Footer of a Parquet file written by ssmd. */
export interface ParquetFooter {
  rows: number;
  groups: readonly RowGroupLocation[];
  metadata: ReadonlyMap<string, string>;
}

/**
 * Returns the length of footer and tail, from the last eight bytes of a file of `size` bytes.
 * Throws RangeError when they are not a footer's end.
 */
export function footerBytesOf(end: Uint8Array, size: number): number {
  const tail = end.subarray(-TAIL_BYTES);
  const isMarked = tail.length === TAIL_BYTES && MAGIC.every((byte, i) => tail[4 + i] === byte);
  if (!isMarked) throw new RangeError("it does not end as a Parquet file does");
  const bytes = new ByteCursor(tail).uint32() + TAIL_BYTES;
  if (bytes + MAGIC.length > size) throw new RangeError("the length of its footer cannot be");
  return bytes;
}

/** Parses a footer with its tail. Throws RangeError when it is corrupt. */
export function readFooter(footer: Uint8Array): ParquetFooter {
  if (!isAsWritten(footer)) throw new RangeError("its footer is not what was written");
  const file = new FieldReader(readThrift(new ByteCursor(footer)));
  const metadata = new Map(file.structs(5).map((pair) => [pair.text(1), pair.text(2)]));
  const checks: unknown = JSON.parse(metadata.get(INDEX_KEY) ?? "[]");
  const checkOf = (group: number) => {
    const check: unknown = Array.isArray(checks) ? checks[group] : undefined;
    if (typeof check !== "number") throw new RangeError("a check of its page indexes is missing");
    return check;
  };
  return {
    rows: file.number(3),
    groups: file.structs(4).map((group, i) => groupOf(group, checkOf(i))),
    metadata,
  };
}

function groupOf(group: FieldReader, indexCheck: number): RowGroupLocation {
  const chunks = group.structs(1).map(chunkOf);
  const extents = chunks.flatMap(({ columnIndex, offsetIndex }) =>
    columnIndex === undefined ? [offsetIndex] : [columnIndex, offsetIndex]
  );
  const offset = Math.min(...extents.map((each) => each.offset));
  const end = Math.max(...extents.map((each) => each.offset + each.bytes));
  return {
    ...{ rows: group.number(3), offset: group.number(5), bytes: group.number(6) },
    ...{ chunks, index: { offset, bytes: end - offset }, indexCheck },
  };
}

function chunkOf(chunk: FieldReader): ChunkLocation {
  const meta = chunk.struct(3);
  const dataOffset = meta.number(9);
  const encodings = meta.list(2);
  const encoding = encodings.includes(RLE_DICTIONARY)
    ? RLE_DICTIONARY
    : encodings.find((each) => each !== RLE);
  const [name] = meta.list(3);
  if (!(name instanceof Uint8Array)) throw new RangeError("a column has no name");
  return {
    name: UTF8.decode(name),
    encoding: Number(encoding),
    codec: codecOf(meta.number(4)),
    ...{ offset: meta.has(11) ? meta.number(11) : dataOffset, bytes: meta.number(7), dataOffset },
    bounds: boundsIn(meta.struct(12)),
    columnIndex: chunk.has(6) ? { offset: chunk.number(6), bytes: chunk.number(7) } : undefined,
    offsetIndex: { offset: chunk.number(4), bytes: chunk.number(5) },
  };
}

function codecOf(number: number): Codec {
  if (number === UNCOMPRESSED || number === ZSTD) return number;
  throw new RangeError(`a column is compressed in the way ${number}`);
}

function boundsIn(statistics: FieldReader): Bounds | undefined {
  if (!statistics.has(5) || !statistics.has(6)) return undefined;
  return { min: statistics.bytes(6), max: statistics.bytes(5) };
}
