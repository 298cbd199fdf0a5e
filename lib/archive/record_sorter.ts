import type { EventType, MarketEvent } from "@ssmd/market";
import {
  type ChunkFile,
  isChunkFull,
  NamedChunkFile,
  type OverflowChunk,
  OverflowFile,
} from "./overflow_file.ts";
import { BlockBytes, wordsOfBlock } from "./parquet/block_bytes.ts";
import { columnsOf } from "./parquet/record_columns.ts";
import type { WordValues } from "./parquet/block_column.ts";
import { gatheredBlock, type RowBlock, rowSizes, type RowSlice } from "./parquet/row_block.ts";
import { RowTable } from "./parquet/row_table.ts";
import { MessageOrder, recordsIn, sequencesOf, SYMBOL_COLUMN, timesOf } from "./row_order.ts";
import type { SortedRun } from "./run_merge.ts";
import type { SortedDay, SymbolTotal } from "./sealed_writer.ts";
import { blockReader, mergedMarkets, type SpilledRecords } from "./spilled_records.ts";

/** Resource limits of a sorter. */
interface RecordSorterOptions {
  /** Folder of the temporary file. */
  tempDir: string;
  /** Path of the file for {@linkcode RecordSorter.spilled}. */
  spillPath?: string;
  /** Bytes of buffered records before a spill to the file. */
  bufferBytesMax?: number;
}

const BUFFER_BYTES = 32 * 1024 * 1024;
/** Maximum rows of a block that is sorted in memory. */
const BLOCK_ROWS_MAX = 4096;

interface Market extends SymbolTotal {
  runs: SortedRun[];
  /** Its records in the buffer. */
  buffered: number;
}

/**
 * Sorts the records of one type and day into the order of a sealed day (symbol, receivedAt,
 * sequence, bytes of the message) in bounded memory: full buffers are spilled to a temporary file as
 * sorted runs per symbol, which are merged later. Data that fits in the buffer is never spilled.
 * Records may come in any order; nearly time-ordered input, the usual case, is cheapest.
 */
export class RecordSorter {
  /** Type of all records. */
  readonly type: EventType;
  #options: RecordSorterOptions;
  #order: MessageOrder;
  #spill: ChunkFile | undefined;
  #table: RowTable;
  #bytesMax: number;
  #blockBytes = new BlockBytes();
  /** Markets by the index of their symbol among the table's words. */
  #markets: Market[] = [];
  #sorted: SortedDay | undefined;
  #fromUs = Infinity;
  #toUs = 0;
  #firstSequence = Infinity;
  #lastSequence = 0;

  /** Creates an empty sorter; touches the disk only when a buffer is full. */
  constructor(type: EventType, options: RecordSorterOptions) {
    this.type = type;
    this.#options = options;
    this.#order = new MessageOrder(type);
    this.#table = new RowTable(columnsOf(type));
    this.#bytesMax = options.bufferBytesMax ?? BUFFER_BYTES;
  }

  /**
   * Adds a record, which must not change. Throws ArchiveError `SPILL_FAILED` when the temporary file
   * cannot be written; this or a later call CodecError for a time or count that is none.
   */
  add(record: MarketEvent): void {
    if (this.#table.bytes >= this.#bytesMax) this.#flush();
    this.#table.add(record);
  }

  /** Returns all records in order; nothing may be added afterwards. `slices` can be iterated again. */
  sorted(): SortedDay {
    return this.#sorted ??= this.#sortedDay();
  }

  #sortedDay(): SortedDay {
    const { type } = this;
    const file = this.#spill;
    if (file !== undefined) {
      this.#flush();
      const read = blockReader(type, file, this.#words());
      const stored = this.#markets.map(({ symbol, count, runs }) => ({
        ...{ symbol, count, runs: runs.map((run) => ({ ...run, read })) },
      }));
      return { type, ...this.#spans(), ...mergedMarkets(type, stored) };
    }
    const block = this.#counted();
    const markets = [...this.#markets].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    const symbols = markets.map(({ symbol, count }) => ({ symbol, count }));
    const slices = () => this.#buffered(block, markets);
    const records = () => recordsIn(type, slices());
    return { type, ...this.#spans(), symbols, slices, records };
  }

  /** Writes all records to the file, for another thread; nothing may be added afterwards. */
  spilled(): SpilledRecords {
    this.#flush();
    const markets = this.#markets.map(({ symbol, count, runs }) => ({ symbol, count, runs }));
    const words = this.#words();
    this.close();
    return { path: this.#options.spillPath ?? "", words, markets, ...this.#spans() };
  }

  #words() {
    return wordsOfBlock(this.#table.all.block);
  }

  #spans(): Pick<SortedDay, "fromUs" | "toUs" | "sequence"> {
    return {
      fromUs: this.#fromUs,
      toUs: this.#toUs,
      sequence: { first: this.#firstSequence, last: this.#lastSequence },
    };
  }

  /** Removes the temporary file and releases the buffer. */
  close(): void {
    this.#table = new RowTable(columnsOf(this.type));
    this.#spill?.close();
    this.#spill = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Spills the buffer to the file, symbol by symbol. */
  #flush(): void {
    if (this.#table.rows === 0) return;
    const spill = this.#spill ??= this.#openSpill();
    const block = this.#counted();
    const append = (part: RowBlock) => spill.append(this.#blockBytes.of(part));
    for (const [market, rows] of this.#inOrder(block)) {
      market.runs.push(spilledRun(append, block, rows));
      market.buffered = 0;
    }
    this.#table.clear();
  }

  #openSpill(): ChunkFile {
    const { tempDir, spillPath } = this.#options;
    if (spillPath === undefined) return new OverflowFile(tempDir);
    return new NamedChunkFile(spillPath, { isNew: true });
  }

  /** Counts the buffered records; returns their rows. */
  #counted(): RowBlock {
    const { block } = this.#table.all;
    const { indices, words } = symbolsOf(block);
    const [times, sequences] = [timesOf(block), sequencesOf(block)];
    for (const symbol of words.slice(this.#markets.length)) {
      this.#markets.push({ symbol, count: 0, runs: [], buffered: 0 });
    }
    for (let row = 0; row < block.rows; row++) {
      const market = this.#markets[indices[row] as number] as Market;
      market.count++;
      market.buffered++;
      const [us, sequence] = [times[row] as number, sequences[row] as number];
      if (us < this.#fromUs) this.#fromUs = us;
      if (us > this.#toUs) this.#toUs = us;
      if (sequence < this.#firstSequence) this.#firstSequence = sequence;
      if (sequence > this.#lastSequence) this.#lastSequence = sequence;
    }
    return block;
  }

  /** Returns each buffered symbol with its sorted rows. */
  #inOrder(block: RowBlock): [Market, Uint32Array][] {
    let from = 0;
    const order = this.#bySymbol(block);
    const present = this.#markets.filter(({ buffered }) => buffered > 0);
    return present.map((market) => {
      const rows = order.subarray(from, from + market.buffered);
      from += market.buffered;
      this.#sort(block, rows);
      return [market, rows];
    });
  }

  /** Returns the rows grouped by symbol, in arrival order. */
  #bySymbol(block: RowBlock): Uint32Array {
    const next = new Uint32Array(this.#markets.length);
    let start = 0;
    for (const [number, { buffered }] of this.#markets.entries()) {
      next[number] = start;
      start += buffered;
    }
    const { indices } = symbolsOf(block);
    const order = new Uint32Array(block.rows);
    for (let row = 0; row < block.rows; row++) {
      const market = indices[row] as number;
      const at = next[market] as number;
      order[at] = row;
      next[market] = at + 1;
    }
    return order;
  }

  /** Sorted input, nearly always the case, costs only one pass. */
  #sort(block: RowBlock, rows: Uint32Array): void {
    const [times, sequences] = [timesOf(block), sequencesOf(block)];
    const compare = (a: number, b: number) =>
      (times[a] as number) - (times[b] as number) ||
      (sequences[a] as number) - (sequences[b] as number) ||
      this.#order.compare({ block, row: a }, { block, row: b });
    for (let i = 1; i < rows.length; i++) {
      const [before, row] = [rows[i - 1] as number, rows[i] as number];
      if ((times[before] as number) < (times[row] as number) || compare(before, row) <= 0) continue;
      rows.sort(compare);
      return;
    }
  }

  /** Yields the rows from memory; nothing was spilled. */
  *#buffered(block: RowBlock, markets: readonly Market[]): Iterable<RowSlice> {
    const orders = new Map(this.#inOrder(block));
    for (const market of markets) {
      const rows = orders.get(market) ?? new Uint32Array(0);
      for (let from = 0; from < rows.length; from += BLOCK_ROWS_MAX) {
        const own = gathered(block, rows.subarray(from, from + BLOCK_ROWS_MAX));
        yield { block: own, from: 0, to: own.rows };
      }
    }
  }
}

function symbolsOf({ columns }: RowBlock): WordValues {
  return columns[SYMBOL_COLUMN] as WordValues;
}

function gathered(block: RowBlock, rows: Uint32Array): RowBlock {
  return gatheredBlock({ blocks: [block], owners: new Uint32Array(rows.length), rows });
}

function spilledRun(
  append: (part: RowBlock) => OverflowChunk,
  block: RowBlock,
  rows: Uint32Array,
): SortedRun {
  const bytesOf = rowSizes(block);
  const chunks: OverflowChunk[] = [];
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < rows.length; i++) {
    const more = bytesOf(rows[i] as number);
    if (isChunkFull(bytes, more)) {
      chunks.push(append(gathered(block, rows.subarray(from, i))));
      from = i;
      bytes = 0;
    }
    bytes += more;
  }
  chunks.push(append(gathered(block, rows.subarray(from))));
  return { fromUs: timesOf(block)[rows[0] as number] as number, chunks };
}
