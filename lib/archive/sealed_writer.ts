import type { EventType } from "@ssmd/market";
import { decode, SCHEMAS } from "@ssmd/codec";
import { VERSION } from "@ssmd/runtime";
import type { SealedLineage } from "./lineage.ts";
import type { Span } from "./manifest.ts";
import { ParquetWriter, type WrittenParquet } from "./parquet/parquet_file.ts";
import { columnsOf } from "./parquet/record_columns.ts";
import { nsText } from "./raw_line.ts";

/** In the footer of a sealed day: its lineage, as JSON. */
export const LINEAGE_KEY = "ssmd.lineage";

/** Rows between two pieces of the file at most: a row group takes long to fill. */
const ROWS_A_TURN = 16_384;
const NOTHING = new Uint8Array(0);

/** How much there is of one symbol. */
export interface SymbolTotal {
  /** Our name of the market. */
  symbol: string;
  /** Records. */
  count: number;
  /** Of the records, uncompressed. */
  bytes: number;
}

/** A record on its way into a sealed day; the object may be used again for the next one. */
export interface SortedRecord {
  /** Our name of the market. */
  symbol: string;
  /** When the frame arrived, µs. */
  receivedAtUs: number;
  /** One Cap'n Proto message. */
  payload: Uint8Array;
}

/** All records of one type and day, in the order of the file. */
export interface SortedDay {
  /** Of all records. */
  type: EventType;
  /** All that have records, in the order of code units. */
  symbols: readonly SymbolTotal[];
  /** receivedAt of the earliest record, µs. */
  fromUs: number;
  /** receivedAt of the latest record, µs. */
  toUs: number;
  /** Sequence numbers of the records. */
  sequence: Span;
  /** By symbol, receivedAt, sequence, bytes. */
  records: () => Iterable<SortedRecord>;
}

/** Where a sealed day belongs and who writes it. */
export interface SealedSource {
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  /** What writes (`archive seal`, `reprocess`). */
  processor: string;
  /** What writes. */
  software: { version: string; commit: string };
  /** Where the records were read. */
  source: string;
  /** Time of writing, µs. */
  nowUs: number;
}

/** A written sealed day. */
export interface SealedFile extends WrittenParquet {
  /** What stands in its footer. */
  lineage: SealedLineage;
}

/**
 * The bytes of a sealed day, page by page, some pieces without bytes; returns what the manifest has to know. They depend on the
 * records and the version of the writer only, not on how the records came, nor on who writes when:
 * that stands in the manifest.
 */
export function* sealedFileOf(
  sorted: SortedDay,
  source: SealedSource,
): Generator<Uint8Array, SealedFile, void> {
  const { type } = sorted;
  const lineage = lineageOf(sorted, source);
  const writer = new ParquetWriter({
    columns: columnsOf(type),
    createdBy: `ssmd version ${VERSION}`,
    metadata: () => ({ [LINEAGE_KEY]: JSON.stringify(lineage) }),
  });
  let rows = 0;
  for (const { payload } of sorted.records()) {
    const record = decode(type, payload);
    if (writer.isFullFor(record)) yield* writer.flush();
    writer.append(record);
    if (++rows % ROWS_A_TURN === 0) yield NOTHING;
  }
  return { ...yield* writer.end(), lineage };
}

function lineageOf(sorted: SortedDay, { env, feed, day }: SealedSource): SealedLineage {
  const { type, symbols, fromUs, toUs, sequence } = sorted;
  const { version, id, sha256 } = SCHEMAS[type];
  return {
    format: "ssmd-sealed/2",
    schema: { type, version, id, sha256 },
    ...{ env, feed, day },
    count: symbols.reduce((sum, { count }) => sum + count, 0),
    symbols: symbols.length,
    from: nsText(fromUs),
    to: nsText(toUs),
    sequence,
  };
}
