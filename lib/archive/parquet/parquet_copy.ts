import { ByteCursor } from "./byte_cursor.ts";
import type { ChunkLocation, RowGroupLocation } from "./footer_reader.ts";
import { offsetIndexBytes, type PageLocation } from "./page_index.ts";
import { readGroupPages } from "./page_index_reader.ts";
import { checkedPage } from "./page_reader.ts";
import { type ParquetAbout, ParquetWriter, type WrittenParquet } from "./parquet_file.ts";
import type { ParquetFile } from "./parquet_reader.ts";
import { checked } from "./read_corruption.ts";
import type { Column } from "./record_columns.ts";
import type { WrittenGroup } from "./row_group.ts";
import { FieldReader, readThrift } from "./thrift_reader.ts";
import type { ThriftStruct } from "./thrift_writer.ts";

/** Returns whether a file has all of these columns, in this order. */
export function hasColumns({ footer }: ParquetFile, columns: readonly Column[]): boolean {
  const names = columns.map(({ name }) => name);
  return footer.groups.every(({ chunks }) => {
    const own = chunks.map(({ name }) => name).filter((name) => names.includes(name));
    return own.length === names.length && own.every((name, i) => name === names[i]);
  });
}

/**
 * Yields a file with a subset of another's columns. Copies pages without decoding, but verifies
 * them; the bytes equal those of rewriting the records. Throws as reading does.
 */
export async function* copiedColumns(
  file: ParquetFile,
  about: ParquetAbout,
): AsyncGenerator<Uint8Array, WrittenParquet> {
  const groups = new FieldReader(readThrift(new ByteCursor(file.footerBytes))).structs(4);
  const writer = new ParquetWriter(about);
  yield* writer.flush();
  for (const [i, group] of file.footer.groups.entries()) {
    yield* copiedGroup(writer, { file, group, fields: groups[i] as FieldReader, about });
  }
  return yield* writer.end();
}

interface GroupSource {
  file: ParquetFile;
  group: RowGroupLocation;
  /** Its metadata in the footer. */
  fields: FieldReader;
  about: ParquetAbout;
}

async function* copiedGroup(
  writer: ParquetWriter,
  { file, group, fields, about }: GroupSource,
): AsyncGenerator<Uint8Array, void> {
  const indexBytes = await file.bytesAt(group.index);
  const at = { key: file.key, offset: group.index.offset };
  const { locations } = checked(at, () => readGroupPages(indexBytes, group));
  const metas = fields.structs(1).map((chunk) => chunk.struct(3));
  const written: WrittenGroup = {
    ...{ rows: group.rows, bytes: 0, plainBytes: 0, offset: writer.bytes },
    ...{ isSorted: fields.has(4), metas: [], indexes: [] },
  };
  for (const { name } of about.columns) {
    const number = group.chunks.findIndex((chunk) => chunk.name === name);
    const chunk = group.chunks[number] as ChunkLocation;
    const meta = metas[number] as FieldReader;
    const pages = locations[number] ?? [];
    const shift = writer.bytes - chunk.offset;
    const bytes = await file.bytesAt(chunk);
    checkPages(file.key, chunk, { pages, bytes });
    yield writer.pass(bytes);
    written.bytes += bytes.length;
    written.plainBytes += meta.number(6);
    written.metas.push(movedMeta(meta, shift));
    written.indexes.push({
      bounds: chunk.columnIndex && part(indexBytes, group, chunk.columnIndex),
      offsetIndex: offsetIndexBytes(
        pages.map((page) => ({ ...page, offset: page.offset + shift })),
      ),
    });
  }
  writer.addGroup(written);
}

/** Returns one index out of a group's page indexes. */
function part(
  indexBytes: Uint8Array,
  { index }: RowGroupLocation,
  { offset, bytes }: { offset: number; bytes: number },
): Uint8Array {
  return indexBytes.subarray(offset - index.offset, offset - index.offset + bytes);
}

/** Verifies the pages of a column chunk, which must be contiguous. */
function checkPages(
  key: string,
  { offset, dataOffset }: ChunkLocation,
  { pages, bytes }: { pages: readonly PageLocation[]; bytes: Uint8Array },
): void {
  const dictionary = { offset, bytes: dataOffset - offset };
  let end = offset;
  for (const page of dictionary.bytes > 0 ? [dictionary, ...pages] : pages) {
    checked({ key, offset: page.offset }, () => {
      if (page.offset !== end) throw new RangeError("a page does not follow the one before it");
      checkedPage(bytes.subarray(page.offset - offset, page.offset - offset + page.bytes));
    });
    end += page.bytes;
  }
  if (end === offset + bytes.length) return;
  checked({ key, offset: end }, () => {
    throw new RangeError("a column does not end with its last page");
  });
}

/** Returns the metadata of a column chunk moved by `shift` bytes. */
function movedMeta(meta: FieldReader, shift: number): ThriftStruct {
  const moved = (id: number) => meta.has(id) ? { i64: meta.number(id) + shift } : undefined;
  return {
    1: { i32: meta.number(1) },
    2: { list: meta.list(2).map((encoding) => ({ i32: Number(encoding) })), of: "i32" },
    3: { list: meta.list(3).filter((name) => name instanceof Uint8Array), of: "binary" },
    4: { i32: meta.number(4) },
    5: { i64: meta.number(5) },
    6: { i64: meta.number(6) },
    7: { i64: meta.number(7) },
    9: moved(9),
    11: moved(11),
    12: { struct: statisticsOf(meta.struct(12)) },
  };
}

function statisticsOf(statistics: FieldReader): ThriftStruct {
  const nulls = { 3: { i64: statistics.number(3) } };
  if (!statistics.has(5)) return nulls;
  return { ...nulls, 5: statistics.bytes(5), 6: statistics.bytes(6), 7: true, 8: true };
}
