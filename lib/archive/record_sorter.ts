import type { EventType, MarketEvent } from "@ssmd/market";
import { decodeAt, RecordKeyReader } from "@ssmd/codec";
import type { SortedDay, SymbolTotal } from "./sealed_writer.ts";
import {
  type ChunkFile,
  isChunkFull,
  NamedChunkFile,
  type OverflowChunk,
  OverflowFile,
} from "./overflow_file.ts";
import { compareMessages, type SortedRun } from "./run_merge.ts";
import { mergedMarkets, type SpilledRecords } from "./spilled_records.ts";

/** Resource limits of a sorter. */
interface RecordSorterOptions {
  /** Folder of the temporary file. */
  tempDir: string;
  /** Path of the file for {@linkcode RecordSorter.spilled}. */
  spillPath?: string;
  /** Bytes of buffered records before a spill to the file. */
  bufferBytesMax?: number;
  /** Expected bytes, if known: avoids growing the buffer step by step. */
  bytesExpected?: number;
}

const BUFFER_BYTES = 32 * 1024 * 1024;
const FIRST_BUFFER_BYTES = 256 * 1024;
/** Maximum buffered records, each with 24 bytes of overhead. */
const BUFFER_RECORDS = 256 * 1024;
const FIRST_RECORDS = 2048;
const FIRST_CHUNK_BYTES = 4 * 1024;

interface Market extends SymbolTotal {
  /** In order of appearance, from 0. */
  number: number;
  runs: SortedRun[];
  /** Its records in the buffer. */
  buffered: number;
}

/**
 * Sorts the records of one type and day into the order of a sealed day (symbol, receivedAt,
 * sequence, bytes) in bounded memory: full buffers are spilled to a temporary file as sorted runs
 * per symbol, which are merged later. Data that fits in the buffer is never spilled. Records may
 * come in any order; nearly time-ordered input, the usual case, is cheapest.
 */
export class RecordSorter {
  /** Type of all records. */
  readonly type: EventType;
  #options: RecordSorterOptions;
  #spill: ChunkFile | undefined;
  #markets = new Map<string, Market>();
  #byNumber: Market[] = [];
  #keys = new RecordKeyReader();
  #bytesMax: number;
  #buffer: Uint8Array;
  /** Assembles consecutive messages of a symbol before they are spilled. */
  #chunk = new Uint8Array(FIRST_CHUNK_BYTES);
  #used = 0;
  #count = 0;
  #starts = new Uint32Array(FIRST_RECORDS + 1);
  #owners = new Uint32Array(FIRST_RECORDS);
  #times = new Float64Array(FIRST_RECORDS);
  #sequences = new Float64Array(FIRST_RECORDS);
  #fromUs = Infinity;
  #toUs = 0;
  #firstSequence = Infinity;
  #lastSequence = 0;

  /** Creates an empty sorter; touches the disk only when a buffer is full. */
  constructor(type: EventType, options: RecordSorterOptions) {
    this.type = type;
    this.#options = options;
    this.#bytesMax = options.bufferBytesMax ?? BUFFER_BYTES;
    const first = options.bytesExpected ?? FIRST_BUFFER_BYTES;
    this.#buffer = new Uint8Array(Math.min(first, this.#bytesMax));
  }

  /**
   * Adds a whole message, which is copied. Throws CodecError when it is invalid, ArchiveError
   * `SPILL_FAILED` when the temporary file cannot be written.
   */
  add(message: Uint8Array): void {
    this.#keys.read(message);
    this.addRecord(this.#keys, message);
  }

  /** Adds a record and its message, which is copied. Throws ArchiveError `SPILL_FAILED`. */
  addRecord(
    { symbol, receivedAtUs, sequence }: Pick<MarketEvent, "symbol" | "receivedAtUs" | "sequence">,
    message: Uint8Array,
  ): void {
    if (this.#count === BUFFER_RECORDS || this.#used + message.length > this.#bytesMax) {
      this.#flush();
    }
    if (this.#used + message.length > this.#buffer.length) this.#growBytes(message.length);
    if (this.#count === this.#owners.length) this.#growRecords();
    const market = this.#marketOf(symbol);
    market.count++;
    market.bytes += message.length;
    market.buffered++;
    const at = this.#count++;
    this.#owners[at] = market.number;
    this.#times[at] = receivedAtUs;
    this.#sequences[at] = sequence;
    this.#starts[at] = this.#used;
    this.#buffer.set(message, this.#used);
    this.#used += message.length;
    this.#starts[at + 1] = this.#used;
    if (receivedAtUs < this.#fromUs) this.#fromUs = receivedAtUs;
    if (receivedAtUs > this.#toUs) this.#toUs = receivedAtUs;
    if (sequence < this.#firstSequence) this.#firstSequence = sequence;
    if (sequence > this.#lastSequence) this.#lastSequence = sequence;
  }

  /** Returns all records in order; nothing may be added afterwards. `records` can be iterated again. */
  sorted(): SortedDay {
    const { type } = this;
    const spans = this.#spans();
    const file = this.#spill;
    if (file !== undefined) {
      this.#flush();
      this.#buffer = new Uint8Array(0);
      const stored = this.#byNumber.map(({ runs, ...total }) => ({
        ...total,
        runs: runs.map((run) => ({ ...run, file })),
      }));
      return { type, ...spans, ...mergedMarkets(type, stored) };
    }
    const markets = [...this.#byNumber].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    const symbols = markets.map(({ symbol, count, bytes }) => ({ symbol, count, bytes }));
    return { type, ...spans, symbols, records: () => this.#buffered(markets) };
  }

  /** Writes all records to the file, for another thread; nothing may be added afterwards. */
  spilled(): SpilledRecords {
    this.#flush();
    const markets = this.#byNumber.map(({ symbol, count, bytes, runs }) => ({
      ...{ symbol, count, bytes, runs },
    }));
    this.close();
    return { path: this.#options.spillPath ?? "", markets, ...this.#spans() };
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
    this.#buffer = new Uint8Array(0);
    this.#count = 0;
    this.#spill?.close();
    this.#spill = undefined;
  }

  /** Doubles the buffer, or more if needed. */
  #growBytes(more: number): void {
    const doubled = Math.min(2 * this.#buffer.length, this.#bytesMax);
    const buffer = new Uint8Array(Math.max(this.#used + more, doubled));
    buffer.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = buffer;
  }

  #growRecords(): void {
    const length = Math.min(2 * this.#owners.length, BUFFER_RECORDS);
    const [starts, owners] = [new Uint32Array(length + 1), new Uint32Array(length)];
    const [times, sequences] = [new Float64Array(length), new Float64Array(length)];
    starts.set(this.#starts);
    owners.set(this.#owners);
    times.set(this.#times);
    sequences.set(this.#sequences);
    this.#starts = starts;
    this.#owners = owners;
    this.#times = times;
    this.#sequences = sequences;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #marketOf(symbol: string): Market {
    let market = this.#markets.get(symbol);
    if (market === undefined) {
      const number = this.#byNumber.length;
      market = { symbol, number, count: 0, bytes: 0, runs: [], buffered: 0 };
      this.#markets.set(symbol, market);
      this.#byNumber.push(market);
    }
    return market;
  }

  /** Spills the buffer to the file, symbol by symbol. */
  #flush(): void {
    if (this.#count === 0) return;
    this.#spill ??= this.#openSpill();
    for (const [market, records] of this.#inOrder()) {
      market.runs.push(this.#spilled(this.#spill, records));
      market.buffered = 0;
    }
    this.#used = this.#count = 0;
  }

  #openSpill(): ChunkFile {
    const { tempDir, spillPath } = this.#options;
    if (spillPath === undefined) return new OverflowFile(tempDir);
    return new NamedChunkFile(spillPath, { isNew: true });
  }

  /** Returns each buffered symbol with the sorted indexes of its records. */
  #inOrder(): [Market, Uint32Array][] {
    let from = 0;
    const order = this.#bySymbol();
    const present = this.#byNumber.filter(({ buffered }) => buffered > 0);
    return present.map((market) => {
      const records = order.subarray(from, from + market.buffered);
      from += market.buffered;
      this.#sort(records);
      return [market, records];
    });
  }

  /** Returns indexes of the buffered records, grouped by symbol, in arrival order. */
  #bySymbol(): Uint32Array {
    const next = new Uint32Array(this.#byNumber.length);
    let start = 0;
    for (const [number, { buffered }] of this.#byNumber.entries()) {
      next[number] = start;
      start += buffered;
    }
    const order = new Uint32Array(this.#count);
    for (let i = 0; i < this.#count; i++) {
      const owner = this.#owners[i] ?? 0;
      const index = next[owner] ?? 0;
      order[index] = i;
      next[owner] = index + 1;
    }
    return order;
  }

  /** Sorted input, nearly always the case, costs only one pass. */
  #sort(records: Uint32Array): void {
    for (let i = 1; i < records.length; i++) {
      if (this.#compare(records[i - 1] ?? 0, records[i] ?? 0) <= 0) continue;
      records.sort((a, b) => this.#compare(a, b));
      return;
    }
  }

  #compare(a: number, b: number): number {
    return (this.#times[a] ?? 0) - (this.#times[b] ?? 0) ||
      (this.#sequences[a] ?? 0) - (this.#sequences[b] ?? 0) ||
      compareMessages(this.#spanOf(a), this.#spanOf(b));
  }

  #spanOf(i: number) {
    return { data: this.#buffer, start: this.#starts[i] ?? 0, end: this.#starts[i + 1] ?? 0 };
  }

  #message(i: number): Uint8Array {
    return this.#buffer.subarray(this.#starts[i], this.#starts[i + 1]);
  }

  #spilled(spill: ChunkFile, records: Uint32Array): SortedRun {
    const chunks: OverflowChunk[] = [];
    let bytes = 0;
    for (const record of records) {
      const message = this.#message(record);
      if (isChunkFull(bytes, message.length)) {
        chunks.push(spill.append(this.#chunk.subarray(0, bytes)));
        bytes = 0;
      }
      if (bytes + message.length > this.#chunk.length) {
        const chunk = new Uint8Array(2 * (bytes + message.length));
        chunk.set(this.#chunk.subarray(0, bytes));
        this.#chunk = chunk;
      }
      this.#chunk.set(message, bytes);
      bytes += message.length;
    }
    chunks.push(spill.append(this.#chunk.subarray(0, bytes)));
    return { fromUs: this.#times[records[0] ?? 0] ?? 0, chunks };
  }

  /** Yields the records from memory; nothing was spilled. */
  *#buffered(markets: readonly Market[]): Iterable<MarketEvent> {
    const orders = new Map(this.#inOrder());
    for (const market of markets) {
      for (const i of orders.get(market) ?? []) {
        yield decodeAt(this.type, this.#buffer, this.#starts[i] ?? 0, this.#starts[i + 1] ?? 0);
      }
    }
  }
}
