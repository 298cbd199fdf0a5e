import { compareUnsigned } from "./bounds.ts";
import { ByteCursor } from "./byte_cursor.ts";
import { pageHeader, type PageKind } from "./chunk_writer.ts";
import { type Codec, decompressPage, UNCOMPRESSED } from "./page_compression.ts";
import { FieldReader, readThrift } from "./thrift_reader.ts";
import { thriftBytes } from "./thrift_writer.ts";

/** A verified page. */
interface ReadPage {
  kind: PageKind;
  /** Levels and values, decompressed. */
  plain: Uint8Array;
}

/**
 * Reads a page with its header. Rebuilds the header from its fields and the body and requires equal
 * bytes, which verifies the CRC-32 and every header byte. Throws RangeError, or zstd's error, when
 * the page is corrupt.
 */
export function readPage(bytes: Uint8Array, codec: Codec): ReadPage {
  const { kind, body, plainBytes } = checkedPage(bytes);
  if (codec !== UNCOMPRESSED) return { kind, plain: decompressPage(body, plainBytes) };
  if (body.length === plainBytes) return { kind, plain: body };
  throw new RangeError(`a page has ${body.length} bytes, not ${plainBytes}`);
}

/** Verifies a page like {@linkcode readPage}, without decompressing it. */
export function checkedPage(
  bytes: Uint8Array,
): { kind: PageKind; body: Uint8Array; plainBytes: number } {
  const cursor = new ByteCursor(bytes);
  const header = new FieldReader(readThrift(cursor));
  const body = bytes.subarray(cursor.at);
  const kind = kindOf(header);
  const plainBytes = header.number(2);
  const expected = thriftBytes(pageHeader(plainBytes, body, kind));
  if (compareUnsigned(expected, bytes.subarray(0, cursor.at)) !== 0) {
    throw new RangeError("a page does not have the checksum in its header");
  }
  return { kind, body, plainBytes };
}

function kindOf(header: FieldReader): PageKind {
  if (header.has(7)) return { dictionary: header.struct(7).number(1) };
  const data = header.struct(5);
  return { values: data.number(1), encoding: data.number(2) };
}
