import type { EventType } from "@ssmd/market";
import type { Span } from "./manifest.ts";
import { type ChunkReader, NamedChunkFile } from "./overflow_file.ts";
import { mergeMarkets, type SortedRun, type StoredRun } from "./run_merge.ts";
import type { SortedDay, SymbolTotal } from "./sealed_writer.ts";

/** Sorted runs of one type's records in a file; plain data, for another thread. */
export interface SpilledRecords {
  /** Where the file is. */
  path: string;
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
    const markets = new Map<string, SymbolTotal & { runs: StoredRun[] }>();
    try {
      for (const { path, markets: ofPart } of parts) {
        const file = new NamedChunkFile(path, { isNew: false });
        this.#files.push(file);
        for (const { symbol, count, bytes, runs } of ofPart) {
          const market = markets.get(symbol) ?? { symbol, count: 0, bytes: 0, runs: [] };
          markets.set(symbol, market);
          market.count += count;
          market.bytes += bytes;
          for (const run of runs) market.runs.push({ ...run, file });
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

/** Returns symbols in order, and their records merged from the runs. */
export function mergedMarkets(
  type: EventType,
  markets: (SymbolTotal & { runs: readonly StoredRun[] })[],
): Pick<SortedDay, "symbols" | "records"> {
  markets.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  return {
    symbols: markets.map(({ symbol, count, bytes }) => ({ symbol, count, bytes })),
    records: () => mergeMarkets(type, markets),
  };
}
