import { MessageWriter, writeMessage } from "@ssmd/codec";
import type { EventType, MarketEvent, Watermark } from "@ssmd/market";
import { CodecError } from "@ssmd/runtime/errors";
import { HEAD_BYTES, writeHead } from "@ssmd/sandbox/host";

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
const ENTRY_HEAD_BYTES = 8;
const POSITION_BYTES = 8;
/** Before the frame's head, so that its body begins at a whole word. */
const UNUSED_BYTES = 8 - HEAD_BYTES;
const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

/**
 * Builds the frame of a batch: its end position in the stream, then entries of kind, length and
 * body (a record's Cap'n Proto bytes or a watermark), each from a whole word of 8 bytes on.
 */
export class BatchWriter {
  #out = new MessageWriter({ isWhole: true });
  /** Number of records added. */
  records = 0;

  /** Creates an empty batch. */
  constructor() {
    this.#begin();
  }

  #begin(): void {
    this.#out.skip(UNUSED_BYTES + HEAD_BYTES + POSITION_BYTES);
  }

  /** Size so far, bytes. */
  get byteLength(): number {
    return this.#out.end;
  }

  /** Adds a record. Throws CodecError as `Encoder`; the batch is then of no use. */
  add(record: MarketEvent): void {
    const kind = RECORD_TYPES.indexOf(record.type);
    if (kind < 0) return;
    const out = this.#out;
    const headAt = out.skip(ENTRY_HEAD_BYTES);
    writeMessage(out, record);
    this.#head(headAt, kind, out.end - headAt - ENTRY_HEAD_BYTES);
    this.records++;
  }

  /** Adds an encoded record. */
  addRecord(type: EventType, message: Uint8Array): void {
    const kind = RECORD_TYPES.indexOf(type);
    if (kind >= 0) this.#addBytes(kind, message);
    this.records++;
  }

  /** Adds a watermark in order with the records. */
  addWatermark({ feed, timeUs }: Watermark): void {
    const name = UTF8.encode(feed);
    const entry = new Uint8Array(8 + name.length);
    new DataView(entry.buffer).setFloat64(0, timeUs, true);
    entry.set(name, 8);
    this.#addBytes(WATERMARK, entry);
  }

  #addBytes(kind: number, entry: Uint8Array): void {
    const headAt = this.#out.skip(ENTRY_HEAD_BYTES);
    this.#out.append(entry);
    this.#head(headAt, kind, entry.length);
  }

  #head(at: number, kind: number, length: number): void {
    const { view } = this.#out;
    view.setUint32(at, kind, true);
    view.setUint32(at + 4, length, true);
  }

  /** Returns the batch as a frame and clears the writer. */
  finish(position: number): Uint8Array<ArrayBuffer> {
    const { view, end } = this.#out;
    const bodyAt = UNUSED_BYTES + HEAD_BYTES;
    writeHead(view, UNUSED_BYTES, { length: end - bodyAt, kind: TO_HOST.records });
    view.setFloat64(bodyAt, position, true);
    const frame = this.#out.take().subarray(UNUSED_BYTES);
    this.#begin();
    this.records = 0;
    return frame;
  }

  /** Takes back a frame that nobody reads any more, to write a later one into its memory. */
  giveBack(frame: Uint8Array): void {
    this.#out.giveBack(frame);
  }
}

/** Receiver of a batch's entries. */
interface BatchReader {
  /** Takes the message from `start` to `end` of the batch. */
  record(type: EventType, start: number, end: number): void;
  watermark(watermark: Watermark): void;
}

/** Reads the entries of a batch, the body of its frame, in order; returns its position. Throws CodecError `BATCH_TRUNCATED`. */
export function readBatch(body: Uint8Array, reader: BatchReader): number {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let at = POSITION_BYTES; at < body.length;) {
    const kind = view.getUint32(at, true);
    const end = at + ENTRY_HEAD_BYTES + view.getUint32(at + 4, true);
    if (end > body.length) throw new CodecError("BATCH_TRUNCATED", "The batch is cut off");
    const start = at + ENTRY_HEAD_BYTES;
    const type = RECORD_TYPES[kind];
    if (type !== undefined) reader.record(type, start, end);
    else if (kind === WATERMARK) reader.watermark(watermarkOf(body.subarray(start, end)));
    at = (end + 7) & ~7;
  }
  return view.getFloat64(0, true);
}

function watermarkOf(entry: Uint8Array): Watermark {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  return { timeUs: view.getFloat64(0, true), feed: TEXT.decode(entry.subarray(8)) };
}
