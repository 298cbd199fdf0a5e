import { decode, Encoder, messagesIn } from "@ssmd/codec";
import type { EventType, MarketEvent } from "@ssmd/market";

/** Records of a symbol that are decoded at a time. */
const BATCH = 4096;
const FIRST_BYTES = 4096;

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

/** The records of a symbol that are in memory. */
interface Waiting {
  bytes: Uint8Array;
  used: number;
}

/**
 * Brings records from the order of time into the order of symbol and time, in bounded memory: what
 * has no room is written to a file, symbol by symbol, and read back in slices. Within a symbol the
 * order in which records came stays.
 */
export class SymbolOrder implements Disposable {
  #options: Required<SymbolOrderOptions>;
  #encoder = new Encoder();
  #waiting = new Map<string, Waiting>();
  #waitingBytes = 0;
  #slices = new Map<string, Slice[]>();
  #file: Deno.FsFile | undefined;
  #fileBytes = 0;

  /** Nothing is written before memory is full. */
  constructor(options: SymbolOrderOptions) {
    this.#options = { bytesMax: BYTES_MAX, ...options };
  }

  /** Adds records in order of time. */
  add(batch: readonly MarketEvent[]): void {
    for (const event of batch) {
      const message = this.#encoder.encode(event);
      let waiting = this.#waiting.get(event.symbol);
      if (waiting === undefined) {
        waiting = { bytes: new Uint8Array(Math.max(FIRST_BYTES, message.length)), used: 0 };
        this.#waiting.set(event.symbol, waiting);
      }
      append(waiting, message);
      this.#waitingBytes += message.length;
    }
    if (this.#waitingBytes >= this.#options.bytesMax) this.#spill();
  }

  /** All records by symbol (code units), each symbol's in the order in which they came. */
  *inOrder(): Generator<readonly MarketEvent[], void> {
    const symbols = new Set([...this.#slices.keys(), ...this.#waiting.keys()]);
    for (const symbol of [...symbols].sort()) {
      for (const slice of this.#slices.get(symbol) ?? []) yield* this.#records(this.#read(slice));
      const waiting = this.#waiting.get(symbol);
      if (waiting !== undefined) yield* this.#records(waiting.bytes.subarray(0, waiting.used));
    }
  }

  [Symbol.dispose](): void {
    this.#file?.close();
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
    for (const [symbol, { bytes, used }] of this.#waiting) {
      for (let at = 0; at < used;) at += this.#file.writeSync(bytes.subarray(at, used));
      const slices = this.#slices.get(symbol) ?? [];
      slices.push({ offset: this.#fileBytes, length: used });
      this.#slices.set(symbol, slices);
      this.#fileBytes += used;
    }
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }

  #read({ offset, length }: Slice): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#file?.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < length;) {
      const count = this.#file?.readSync(bytes.subarray(at)) ?? null;
      if (count === null) throw new RangeError(`${this.#options.spillPath} was cut`);
      at += count;
    }
    return bytes;
  }
}

function append(waiting: Waiting, message: Uint8Array): void {
  const needed = waiting.used + message.length;
  if (needed > waiting.bytes.length) {
    const larger = new Uint8Array(Math.max(needed, waiting.bytes.length * 2));
    larger.set(waiting.bytes.subarray(0, waiting.used));
    waiting.bytes = larger;
  }
  waiting.bytes.set(message, waiting.used);
  waiting.used = needed;
}
