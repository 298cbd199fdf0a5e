import type { EventType, MarketEvent } from "@ssmd/market";
import { SCHEMAS } from "@ssmd/codec";
import { VERSION } from "@ssmd/runtime";
import type { SealedLineage } from "./lineage.ts";
import type { Span } from "./manifest.ts";
import { ParquetWriter, type WrittenParquet } from "./parquet/parquet_file.ts";
import { columnsOf } from "./parquet/record_columns.ts";
import type { RowSlice } from "./parquet/row_block.ts";
import { nsText } from "./raw_line.ts";

/** Footer key of a sealed day's lineage (JSON). */
export const LINEAGE_KEY = "ssmd.lineage";

/** Maximum rows between two yields; a row group takes long to fill. */
const ROWS_A_TURN = 16_384;
const NOTHING = new Uint8Array(0);

/** Totals of one symbol. */
export interface SymbolTotal {
  /** Our name of the market. */
  symbol: string;
  /** Records. */
  count: number;
}

/** All records of one type and day, in file order. */
export interface SortedDay {
  /** Type of all records. */
  type: EventType;
  /** Symbols with records, sorted by code units. */
  symbols: readonly SymbolTotal[];
  /** receivedAt of the earliest record, µs. */
  fromUs: number;
  /** receivedAt of the latest record, µs. */
  toUs: number;
  /** Sequence numbers of the records. */
  sequence: Span;
  /** Iterates rows by symbol, receivedAt, sequence, bytes of the message. */
  slices: () => Iterable<RowSlice>;
  /** Iterates the rows as records. */
  records: () => Iterable<MarketEvent>;
}

/** Identity and writer of a sealed day. */
export interface SealedSource {
  env: string;
  feed: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  /** Process that writes it (`archive seal`, `reprocess`). */
  processor: string;
  /** Software that writes it. */
  software: { version: string; commit: string };
  /** Source of the records. */
  source: string;
  /** Time of writing, µs. */
  nowUs: number;
}

/** A written sealed day. */
export interface SealedFile extends WrittenParquet {
  /** Lineage in the footer. */
  lineage: SealedLineage;
}

/**
 * Yields the bytes of a sealed day page by page, including empty pieces to yield control; returns
 * the manifest's data. The bytes depend only on the records and the software version, not on
 * arrival order, process or time: those are in the manifest.
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
  for (const slice of sorted.slices()) {
    yield* writer.append(slice);
    rows += slice.to - slice.from;
    if (rows < ROWS_A_TURN) continue;
    yield NOTHING;
    rows = 0;
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
