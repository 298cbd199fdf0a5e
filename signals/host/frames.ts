import type { EventType, Watermark } from "@ssmd/market";
import { CodecError } from "@ssmd/runtime/errors";

/** Frame kinds from the supervisor to a host. */
export const TO_HOST = {
  load: 1,
  restore: 2,
  records: 3,
  snapshot: 4,
  probe: 5,
  inspect: 6,
} as const;
/** Frame kinds from a host to its supervisor. */
export const FROM_HOST = { ready: 1, done: 2, state: 3, failed: 4, begins: 5, view: 6 } as const;

const RECORD_TYPES: readonly EventType[] = ["trade", "ticker", "orderbook", "status", "gap"];
const WATERMARK = 255;
const ENTRY_HEAD_BYTES = 5;
const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

/**
 * Builds a batch: its end position in the stream, then entries of kind, length and body (a record's
 * Cap'n Proto bytes or a watermark).
 */
export class BatchWriter {
  #bytes = new Uint8Array(64 * 1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 8;
  /** Number of records added. */
  records = 0;

  /** Size so far, bytes. */
  get byteLength(): number {
    return this.#length;
  }

  /** Adds an encoded record. */
  addRecord(type: EventType, message: Uint8Array): void {
    this.#add(RECORD_TYPES.indexOf(type), message);
    this.records++;
  }

  /** Adds a watermark in order with the records. */
  addWatermark({ feed, timeUs }: Watermark): void {
    const name = UTF8.encode(feed);
    const entry = new Uint8Array(8 + name.length);
    new DataView(entry.buffer).setFloat64(0, timeUs, true);
    entry.set(name, 8);
    this.#add(WATERMARK, entry);
  }

  #add(kind: number, entry: Uint8Array): void {
    if (kind < 0) return;
    const end = this.#length + ENTRY_HEAD_BYTES + entry.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#bytes[this.#length] = kind;
    this.#view.setUint32(this.#length + 1, entry.length, true);
    this.#bytes.set(entry, this.#length + ENTRY_HEAD_BYTES);
    this.#length = end;
  }

  /** Returns the batch's body and clears the writer. */
  finish(position: number): Uint8Array<ArrayBuffer> {
    this.#view.setFloat64(0, position, true);
    const body = this.#bytes.slice(0, this.#length);
    this.#length = 8;
    this.records = 0;
    return body;
  }
}

/** Receiver of a batch's entries. */
interface BatchReader {
  record(type: EventType, message: Uint8Array): void;
  watermark(watermark: Watermark): void;
}

/** Reads a batch's entries in order; returns its position. Throws CodecError `BATCH_TRUNCATED`. */
export function readBatch(body: Uint8Array, reader: BatchReader): number {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 8; at < body.length;) {
    const kind = view.getUint8(at);
    const end = at + ENTRY_HEAD_BYTES + view.getUint32(at + 1, true);
    if (end > body.length) throw new CodecError("BATCH_TRUNCATED", "The batch is cut off");
    const entry = body.subarray(at + ENTRY_HEAD_BYTES, end);
    const type = RECORD_TYPES[kind];
    if (type !== undefined) reader.record(type, entry);
    else if (kind === WATERMARK) reader.watermark(watermarkOf(entry));
    at = end;
  }
  return view.getFloat64(0, true);
}

function watermarkOf(entry: Uint8Array): Watermark {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  return { timeUs: view.getFloat64(0, true), feed: TEXT.decode(entry.subarray(8)) };
}
