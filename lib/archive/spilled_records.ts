import type { EventType } from "@ssmd/market";
import type { Span } from "./manifest.ts";
import { type ChunkReader, NamedChunkFile, type OverflowChunk } from "./overflow_file.ts";
import { blockOfBytes, type ColumnWords } from "./parquet/block_bytes.ts";
import { columnsOf } from "./parquet/record_columns.ts";
import type { RowBlock } from "./parquet/row_block.ts";
import { recordsIn } from "./row_order.ts";
import { mergeMarkets, type SortedRun, type StoredRun } from "./run_merge.ts";
import type { SortedDay, SymbolTotal } from "./sealed_writer.ts";
import { SharedWords } from "./shared_words.ts";

/** Sorted runs of one type's records in a file; plain data, for another thread. */
export interface SpilledRecords {
  /** Where the file is. */
  path: string;
  /** Words of the file's blocks. */
  words: ColumnWords;
  markets: readonly (SymbolTotal & { runs: readonly SortedRun[] })[];
  /** receivedAt of the earliest record, µs. */
  fromUs: number;
  /** receivedAt of the latest record, µs. */
  toUs: number;
  /** Sequence numbers of the records. */
  sequence: Span;
}

/** Merges records that sorters wrote to files. */
export class SpilledDay {
  #files: ChunkReader[] = [];
  readonly sorted: SortedDay;

  /** Opens the files. Throws ArchiveError `SPILL_FAILED`. */
  constructor(type: EventType, parts: readonly SpilledRecords[]) {
    const shared = new SharedWords(columnsOf(type).length);
    const markets = new Map<string, SymbolTotal & { runs: StoredRun[] }>();
    try {
      for (const { path, words, markets: ofPart } of parts) {
        const file = new NamedChunkFile(path, { isNew: false });
        this.#files.push(file);
        const rewrite = shared.add(words);
        const inFile = blockReader(type, file, shared.words);
        const read = (chunk: OverflowChunk) => rewrite(inFile(chunk));
        for (const { symbol, count, runs } of ofPart) {
          const market = markets.get(symbol) ?? { symbol, count: 0, runs: [] };
          markets.set(symbol, market);
          market.count += count;
          for (const run of runs) market.runs.push({ ...run, read });
        }
      }
    } catch (error) {
      this.close();
      throw error;
    }
    this.sorted = {
      type,
      ...{
        fromUs: Math.min(...parts.map(({ fromUs }) => fromUs)),
        toUs: Math.max(...parts.map(({ toUs }) => toUs)),
      },
      sequence: {
        first: Math.min(...parts.map(({ sequence }) => sequence.first)),
        last: Math.max(...parts.map(({ sequence }) => sequence.last)),
      },
      ...mergedMarkets(type, [...markets.values()]),
    };
  }

  /** Closes the files. */
  close(): void {
    for (const file of this.#files) file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Returns a reader of the blocks in a file whose indices refer to `words`. */
export function blockReader(
  type: EventType,
  file: ChunkReader,
  words: ColumnWords,
): (chunk: OverflowChunk) => RowBlock {
  const columns = columnsOf(type);
  return (chunk) => blockOfBytes(columns, file.read(chunk), words);
}

/** Returns symbols in order, and their rows merged from the runs. */
export function mergedMarkets(
  type: EventType,
  markets: (SymbolTotal & { runs: readonly StoredRun[] })[],
): Pick<SortedDay, "symbols" | "slices" | "records"> {
  markets.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  const slices = () => mergeMarkets(type, markets);
  return {
    symbols: markets.map(({ symbol, count }) => ({ symbol, count })),
    slices,
    records: () => recordsIn(type, slices()),
  };
}
