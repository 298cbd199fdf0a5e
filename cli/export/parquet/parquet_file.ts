import type { MarketEvent } from "@ssmd/market";
import type { Column } from "../columns.ts";
import { schemaElements } from "./parquet_schema.ts";
import { RowGroup } from "./row_group.ts";
import { thriftBytes, type ThriftStruct } from "./thrift_writer.ts";

const MAGIC = new TextEncoder().encode("PAR1");

/** What a Parquet file says about itself besides its rows. */
export interface ParquetAbout {
  /** `symbol` and `received_at` are among them. */
  columns: readonly Column[];
  /** Who wrote it, `ssmd version 0.1.0 (build abc1234)`. */
  createdBy: string;
  /** Key → value in the file's footer; asked for when all rows are written. */
  metadata: () => Readonly<Record<string, string>>;
}

/**
 * The bytes of a Parquet file as they come: a row group at a time, so that memory does not grow with
 * the file. Pages are zstd with a CRC-32, column chunks have statistics, words are dictionaries.
 * Records must come sorted by symbol and receive time, which the footer says. The same records give
 * the same bytes. Format: Apache Parquet, parquet.thrift, version 2.9.
 */
export async function* parquetBytes(
  batches: AsyncIterable<readonly MarketEvent[]>,
  { columns, createdBy, metadata }: ParquetAbout,
): AsyncGenerator<Uint8Array, void> {
  const group = new RowGroup(columns);
  const groups: { struct: ThriftStruct }[] = [];
  let offset = MAGIC.length;
  let rows = 0;
  function* written(): Generator<Uint8Array, void> {
    const taken = group.take(offset);
    groups.push({ struct: taken.footer });
    rows += taken.rows;
    for (const chunk of taken.chunks) {
      offset += chunk.length;
      yield chunk;
    }
  }
  yield MAGIC;
  for await (const batch of batches) {
    for (const event of batch) {
      group.add(event);
      if (group.isFull) yield* written();
    }
  }
  if (group.rows > 0) yield* written();
  const about = Object.entries(metadata()).map(([key, value]) => ({
    struct: { 1: key, 2: value },
  }));
  yield footerBytes({
    1: { i32: 2 },
    2: { list: schemaElements(columns).map((struct) => ({ struct })), of: "struct" },
    3: { i64: rows },
    4: { list: groups, of: "struct" },
    5: { list: about, of: "struct" },
    6: createdBy,
    // Without it bounds of texts and of doubles are not trusted.
    7: { list: columns.map(() => ({ struct: { 1: { struct: {} } } })), of: "struct" },
  });
}

/** The footer, its length in four bytes, and the mark of the format. */
function footerBytes(footer: ThriftStruct): Uint8Array {
  const body = thriftBytes(footer);
  const bytes = new Uint8Array(body.length + 8);
  bytes.set(body);
  new DataView(bytes.buffer).setUint32(body.length, body.length, true);
  bytes.set(MAGIC, body.length + 4);
  return bytes;
}
