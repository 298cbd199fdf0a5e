import { crc32 } from "node:zlib";
import { boundsOfAll } from "./bounds.ts";
import {
  type EncodedChunk,
  type PageCounts,
  PLAIN,
  RLE,
  RLE_DICTIONARY,
  type ValueEncoding,
} from "./encoded_chunk.ts";
import { type Codec, PageSample } from "./page_compression.ts";
import { type PageIndexBytes, pageIndexBytes, type PageLocation } from "./page_index.ts";
import { pathOf, STORED_AS } from "./parquet_schema.ts";
import type { Column } from "./record_columns.ts";
import { thriftBytes, type ThriftStruct } from "./thrift_writer.ts";

const DATA_PAGE = { i32: 0 };
const DICTIONARY_PAGE = { i32: 2 };
/** Page number of the dictionary in a sample. */
const DICTIONARY = -1;

/** A written column chunk. */
export interface WrittenChunk {
  /** Its metadata in the footer, without the location of its indexes. */
  meta: ThriftStruct;
  index: PageIndexBytes;
  /** Size in the file. */
  bytes: number;
  /** Size without compression. */
  plainBytes: number;
}

/** Returns the header of a page with the compressed bytes `body`. */
export function pageHeader(plainBytes: number, body: Uint8Array, kind: PageKind): ThriftStruct {
  return {
    1: "dictionary" in kind ? DICTIONARY_PAGE : DATA_PAGE,
    2: { i32: plainBytes },
    3: { i32: body.length },
    4: { i32: crc32(body) | 0 },
    ...("dictionary" in kind
      ? { 7: { struct: { 1: { i32: kind.dictionary }, 2: { i32: PLAIN } } } }
      : {
        5: {
          struct: {
            ...{ 1: { i32: kind.values }, 2: { i32: kind.encoding } },
            ...{ 3: { i32: RLE }, 4: { i32: RLE } },
          },
        },
      }),
  };
}

/** Number of entries of a dictionary page, or of values of a data page. */
export type PageKind = { dictionary: number } | { values: number; encoding: number };

/**
 * Writes a column chunk page by page at `offset` of the file; `rowStarts` are the first rows of its
 * pages within the group.
 */
export function* writeChunk(
  column: Column,
  encoded: EncodedChunk,
  { offset, rowStarts }: { offset: number; rowStarts: readonly number[] },
): Generator<Uint8Array, WrittenChunk> {
  const { encoding, dictionary, pages } = encoded;
  // Three pages decide the codec for all: they hold values of the same column.
  const sample = new PageSample();
  if (dictionary !== undefined) sample.add(DICTIONARY, dictionary.page);
  for (const page of new Set([0, pages.length >> 1, pages.length - 1])) {
    sample.add(page, encoded.pageBytes(page));
  }
  const { codec } = sample;
  let at = offset;
  let plainBytes = 0;
  function* written(
    number: number,
    plain: Uint8Array,
    kind: PageKind,
  ): Generator<Uint8Array, number> {
    const plainLength = plain.length;
    const body = sample.bodyOf(number, plain);
    const header = thriftBytes(pageHeader(plainLength, body, kind));
    yield header;
    yield body;
    at += header.length + body.length;
    plainBytes += header.length + plainLength;
    return header.length + body.length;
  }
  if (dictionary !== undefined) {
    yield* written(DICTIONARY, dictionary.page, { dictionary: dictionary.count });
  }
  const dataOffset = at;
  const locations: PageLocation[] = [];
  for (const [i, { count }] of pages.entries()) {
    const start = at;
    const bytes = yield* written(i, encoded.pageBytes(i), { values: count, encoding });
    locations.push({ offset: start, bytes, firstRow: rowStarts[i] ?? 0 });
  }
  const dictionaryOffset = dictionary && offset;
  const sizes = { bytes: at - offset, plainBytes };
  return {
    meta: metaOf(column, { codec, encoding, pages, dataOffset, dictionaryOffset, ...sizes }),
    index: pageIndexBytes(pages, locations, column.kind),
    ...sizes,
  };
}

interface ChunkSummary {
  codec: Codec;
  encoding: ValueEncoding;
  pages: readonly PageCounts[];
  dataOffset: number;
  dictionaryOffset: number | undefined;
  bytes: number;
  plainBytes: number;
}

function metaOf(column: Column, summary: ChunkSummary): ThriftStruct {
  const { codec, encoding, pages, dataOffset, dictionaryOffset, bytes, plainBytes } = summary;
  const encodings = encoding === RLE_DICTIONARY ? [PLAIN, RLE, encoding] : [RLE, encoding];
  return {
    1: { i32: STORED_AS[column.kind] },
    2: { list: encodings.map((i32) => ({ i32 })), of: "i32" },
    3: { list: pathOf(column), of: "binary" },
    4: { i32: codec },
    5: { i64: pages.reduce((sum, { count }) => sum + count, 0) },
    6: { i64: plainBytes },
    7: { i64: bytes },
    9: { i64: dataOffset },
    11: dictionaryOffset === undefined ? undefined : { i64: dictionaryOffset },
    12: { struct: statistics(column, pages) },
  };
}

function statistics({ kind }: Column, pages: readonly PageCounts[]): ThriftStruct {
  const nulls = pages.reduce((sum, page) => sum + page.nulls, 0);
  const bounds = boundsOfAll(kind, pages);
  const known = bounds && { 5: bounds.max, 6: bounds.min, 7: true, 8: true };
  return { 3: { i64: nulls }, ...known };
}
