import type { EventType } from "@ssmd/market";
import { RecordKeyReader } from "@ssmd/codec";
import type { SortedDay, SortedRecord, SymbolTotal } from "./sealed_writer.ts";
import { isChunkFull, OverflowFile } from "./overflow_file.ts";
import { compareBytes, mergeRuns, type SortedRun } from "./run_merge.ts";

/** Resource limits of a sorter. */
interface RecordSorterOptions {
  /** Folder of the temporary file. */
  tempDir: string;
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
  #spill: OverflowFile | undefined;
  #markets = new Map<string, Market>();
  #numbers = new Map<string, number>();
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
    const keys = this.#keys;
    keys.read(message);
    const { receivedAtUs, sequence } = keys;
    if (this.#count === BUFFER_RECORDS || this.#used + message.length > this.#bytesMax) {
      this.#flush();
    }
    if (this.#used + message.length > this.#buffer.length) this.#growBytes(message.length);
    if (this.#count === this.#owners.length) this.#growRecords();
    const market = this.#marketOf(keys.symbol);
    market.count++;
    market.bytes += message.length;
    market.buffered++;
    const at = this.#count++;
    this.#owners[at] = this.#numbers.get(keys.symbol) ?? 0;
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
    const isSpilled = this.#spill !== undefined;
    if (isSpilled) {
      this.#flush();
      this.#buffer = new Uint8Array(0);
    }
    const markets = [...this.#byNumber].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    return {
      type: this.type,
      symbols: markets.map(({ symbol, count, bytes }) => ({ symbol, count, bytes })),
      fromUs: this.#fromUs,
      toUs: this.#toUs,
      sequence: { first: this.#firstSequence, last: this.#lastSequence },
      records: () => isSpilled ? this.#merged(markets) : this.#buffered(markets),
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
      market = { symbol, count: 0, bytes: 0, runs: [], buffered: 0 };
      this.#markets.set(symbol, market);
      this.#numbers.set(symbol, this.#byNumber.length);
      this.#byNumber.push(market);
    }
    return market;
  }

  /** Spills the buffer to the file, symbol by symbol. */
  #flush(): void {
    if (this.#count === 0) return;
    this.#spill ??= new OverflowFile(this.#options.tempDir);
    for (const [market, records] of this.#inOrder()) {
      market.runs.push(this.#spilled(this.#spill, records));
      market.buffered = 0;
    }
    this.#used = this.#count = 0;
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
      compareBytes(this.#message(a), this.#message(b));
  }

  #message(i: number): Uint8Array {
    return this.#buffer.subarray(this.#starts[i], this.#starts[i + 1]);
  }

  #spilled(spill: OverflowFile, records: Uint32Array): SortedRun {
    const run: SortedRun = { fromUs: this.#times[records[0] ?? 0] ?? 0, chunks: [] };
    let bytes = 0;
    for (const record of records) {
      const message = this.#message(record);
      if (isChunkFull(bytes, message.length)) {
        run.chunks.push(spill.append(this.#chunk.subarray(0, bytes)));
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
    run.chunks.push(spill.append(this.#chunk.subarray(0, bytes)));
    return run;
  }

  /** Yields the records from memory; nothing was spilled. */
  *#buffered(markets: readonly Market[]): Iterable<SortedRecord> {
    const orders = new Map(this.#inOrder());
    const record: SortedRecord = { symbol: "", receivedAtUs: 0, payload: new Uint8Array(0) };
    for (const market of markets) {
      record.symbol = market.symbol;
      for (const i of orders.get(market) ?? []) {
        record.receivedAtUs = this.#times[i] ?? 0;
        record.payload = this.#message(i);
        yield record;
      }
    }
  }

  *#merged(markets: readonly Market[]): Iterable<SortedRecord> {
    const spill = this.#spill;
    if (spill === undefined) return;
    for (const { symbol, runs } of markets) {
      yield* mergeRuns(symbol, runs, spill);
    }
  }
}
