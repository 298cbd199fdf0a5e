import { decode, Encoder, messagesIn } from "@ssmd/codec";
import type { EventType, MarketEvent } from "@ssmd/market";

/** Records of a symbol that are decoded at a time. */
const BATCH = 4096;
/** Bytes of a block: with thousands of symbols few are half empty, and few are needed. */
const BLOCK_BYTES = 16 * 1024;

/** How records are brought into order. */
export interface SymbolOrderOptions {
  /** Type of all records. */
  type: EventType;
  /** File for what has no room in memory; made when needed, removed by the caller. */
  spillPath: string;
  /** Bytes of encoded records in memory; beyond them they go to the file. */
  bytesMax?: number;
}

/** Bytes of encoded records that wait in memory. */
const BYTES_MAX = 64 * 1024 * 1024;

interface Slice {
  offset: number;
  length: number;
}

/**
 * Brings records from the order of time into the order of symbol and time, in bounded memory: what
 * has no room is written to a file, symbol by symbol, and read back in slices. Within a symbol the
 * order in which records came stays.
 */
export class SymbolOrder implements Disposable {
  #options: Required<SymbolOrderOptions>;
  #encoder = new Encoder();
  #waiting = new Map<string, Block[]>();
  #waitingBytes = 0;
  #spare: Block[] = [];
  #slices = new Map<string, Slice[]>();
  #file: Deno.FsFile | undefined;
  #fileBytes = 0;
  #readBuffer = new Uint8Array();

  /** Nothing is written before memory is full. */
  constructor(options: SymbolOrderOptions) {
    this.#options = { bytesMax: BYTES_MAX, ...options };
  }

  /** Adds records in order of time. */
  add(batch: readonly MarketEvent[]): void {
    for (const event of batch) {
      const message = this.#encoder.encode(event);
      this.#blockFor(event.symbol, message.length).add(message);
      this.#waitingBytes += message.length;
    }
    if (this.#waitingBytes >= this.#options.bytesMax) this.#spill();
  }

  /** All records by symbol (code units), each symbol's in the order in which they came. */
  *inOrder(): Generator<readonly MarketEvent[], void> {
    const symbols = new Set([...this.#slices.keys(), ...this.#waiting.keys()]);
    for (const symbol of [...symbols].sort()) {
      for (const slice of this.#slices.get(symbol) ?? []) yield* this.#records(this.#read(slice));
      for (const { used } of this.#waiting.get(symbol) ?? []) yield* this.#records(used);
    }
  }

  [Symbol.dispose](): void {
    this.#file?.close();
  }

  /** The symbol's last block, or a new one where it has no room. */
  #blockFor(symbol: string, length: number): Block {
    let blocks = this.#waiting.get(symbol);
    if (blocks === undefined) this.#waiting.set(symbol, blocks = []);
    const last = blocks.at(-1);
    if (last?.hasRoom(length)) return last;
    const block = (length > BLOCK_BYTES ? undefined : this.#spare.pop()) ??
      new Block(Math.max(BLOCK_BYTES, length));
    blocks.push(block);
    return block;
  }

  *#records(bytes: Uint8Array): Generator<readonly MarketEvent[], void> {
    let batch: MarketEvent[] = [];
    for (const message of messagesIn(bytes)) {
      batch.push(decode(this.#options.type, message));
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  #spill(): void {
    this.#file ??= Deno.openSync(this.#options.spillPath, {
      ...{ read: true, write: true, create: true, truncate: true },
    });
    this.#file.seekSync(this.#fileBytes, Deno.SeekMode.Start);
    for (const [symbol, blocks] of this.#waiting) {
      const offset = this.#fileBytes;
      for (const block of blocks) {
        const { used } = block;
        for (let at = 0; at < used.length;) at += this.#file.writeSync(used.subarray(at));
        this.#fileBytes += used.length;
        block.clear();
        this.#spare.push(block);
      }
      const slices = this.#slices.get(symbol) ?? [];
      slices.push({ offset, length: this.#fileBytes - offset });
      this.#slices.set(symbol, slices);
    }
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }

  #read({ offset, length }: Slice): Uint8Array {
    if (length > this.#readBuffer.length) this.#readBuffer = new Uint8Array(length);
    const bytes = this.#readBuffer.subarray(0, length);
    this.#file?.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < length;) {
      const count = this.#file?.readSync(bytes.subarray(at)) ?? null;
      if (count === null) throw new RangeError(`${this.#options.spillPath} was cut`);
      at += count;
    }
    return bytes;
  }
}

/** Room for records of one symbol; used again and again, as memory given back is seldom free at once. */
class Block {
  #bytes: Uint8Array;
  #used = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  /** What is in it; it holds until the block is cleared. */
  get used(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }

  hasRoom(length: number): boolean {
    return this.#used + length <= this.#bytes.length;
  }

  add(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  clear(): void {
    this.#used = 0;
  }
}
