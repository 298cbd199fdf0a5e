import { constants, zstdCompressSync } from "node:zlib";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { MarketEvent } from "@ssmd/market";
import type { Column } from "./columns.ts";
import { parquetSchema } from "./parquet_schema.ts";
import { GROUP_ROWS_MAX, RowGroupBuffer } from "./row_group.ts";

const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
const COMPRESSORS = { ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes, LEVEL) };

/** What a Parquet file says about itself besides its rows. */
export interface ParquetAbout {
  /** `symbol` and `received_at` are among them. */
  columns: readonly Column[];
  /** Who wrote it, `ssmd 0.1.0+abc1234`. */
  createdBy: string;
  /** Key → value in the file's footer; asked for when all rows are written. */
  metadata: () => Readonly<Record<string, string>>;
}

/**
 * The bytes of a Parquet file as they come: a row group at a time, so that memory does not grow with
 * the file. zstd, statistics of each column chunk, dictionaries where words repeat. Records must come
 * sorted by symbol and receive time, which the footer says. The same records give the same bytes.
 */
export async function* parquetBytes(
  batches: AsyncIterable<readonly MarketEvent[]>,
  about: ParquetAbout,
): AsyncGenerator<Uint8Array, void> {
  const { columns } = about;
  const group = new RowGroupBuffer(columns);
  const sink = new ByteWriter(1024 * 1024);
  const file = new ParquetWriter({
    writer: sink,
    schema: parquetSchema(columns),
    codec: "ZSTD",
    compressors: COMPRESSORS,
    createdBy: about.createdBy,
  });
  for await (const batch of batches) {
    for (const event of batch) {
      group.add(event);
      if (!group.isFull) continue;
      writeGroup(file, columns, group);
      yield drained(sink);
    }
  }
  if (group.rows > 0) writeGroup(file, columns, group);
  file.kvMetadata = Object.entries(about.metadata()).map(([key, value]) => ({ key, value }));
  file.finish();
  yield drained(sink);
}

/** Places of `symbol` and `received_at` among the leaves of every table. */
const SORTING = [0, 2].map((column_idx) => ({ column_idx, descending: false, nulls_first: false }));

function writeGroup(file: ParquetWriter, columns: readonly Column[], group: RowGroupBuffer): void {
  const data = group.take();
  file.write({
    rowGroupSize: GROUP_ROWS_MAX,
    columnData: columns.map(({ name, kind }, i) => ({
      name,
      data: data[i] ?? [],
      ...(kind === "word" ? { encoding: "RLE_DICTIONARY" as const } : {}),
    })),
  });
  const written = file.row_groups.at(-1);
  if (written !== undefined) written.sorting_columns = SORTING;
}

/** Takes what was written so far; the writer's count of bytes goes on. */
function drained(sink: ByteWriter): Uint8Array {
  const bytes = sink.getBytes().slice();
  sink.index = 0;
  return bytes;
}
