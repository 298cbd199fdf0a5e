import { compressFrame, decompressFrame } from "@ssmd/archive";
import { decode, messagesIn } from "@ssmd/codec";
import type { Ticker, Trade } from "@ssmd/market";

/** Size of a full block, bytes; the first blocks of a series are smaller and grow. */
const BLOCK_BYTES = 16 * 1024;
const FIRST_BYTES = 512;
/** Compresses to a fifth in less than half a µs per record. */
const PACKING_LEVEL = 1;

/** A record type that is kept. */
export type Kept = Trade | Ticker;

/** Records in order of receipt, stored as consecutive bus messages in bounded memory. */
export class PackedRecords<R extends Kept> {
  /** Receive times of the first and last record, µs. */
  readonly firstUs: number;
  lastUs: number;
  /** Earliest venue or receive time of a record, µs. */
  earliestUs = Infinity;
  /** Sequence of the last record. */
  lastSequence: number;
  count = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;
  #isPacked = false;

  /** Creates a block sized for this first record, which the caller must still add. */
  constructor({ receivedAtUs, sequence }: R, message: Uint8Array) {
    this.firstUs = this.lastUs = receivedAtUs;
    this.lastSequence = sequence;
    this.#bytes = new Uint8Array(Math.max(FIRST_BYTES, message.length));
  }

  /** Adds a record not before the last; returns false when the block is full. */
  add({ receivedAtUs, timestampUs, sequence }: R, message: Uint8Array): boolean {
    const end = this.#used + message.length;
    if (this.#isPacked) return false;
    if (end > this.#bytes.length && !this.#grow(end)) return false;
    this.#bytes.set(message, this.#used);
    this.#used = end;
    this.lastUs = receivedAtUs;
    const venueUs = timestampUs > 0 ? timestampUs : receivedAtUs;
    this.earliestUs = Math.min(this.earliestUs, venueUs, receivedAtUs);
    this.lastSequence = sequence;
    this.count++;
    return true;
  }

  /** Closes the block and compresses its bytes, which are decompressed on read. */
  pack(): void {
    if (this.#isPacked) return;
    this.#bytes = compressFrame(this.#bytes.subarray(0, this.#used), PACKING_LEVEL, {
      isChecksummed: false,
    });
    this.#isPacked = true;
  }

  /** Returns the messages, each an immutable view. */
  messages(): Generator<Uint8Array> {
    const frame = { kind: "data" as const, start: 0, end: this.#bytes.length };
    return messagesIn(
      this.#isPacked
        ? decompressFrame(this.#bytes, frame, "memory")
        : this.#bytes.subarray(0, this.#used),
    );
  }

  /** Returns the decoded records. */
  records(type: R["type"]): R[] {
    return Array.from(this.messages(), (message) => decode(type, message) as R);
  }

  #grow(bytes: number): boolean {
    if (bytes > BLOCK_BYTES) return false;
    const grown = new Uint8Array(Math.min(BLOCK_BYTES, Math.max(bytes, this.#bytes.length * 2)));
    grown.set(this.#bytes);
    this.#bytes = grown;
    return true;
  }
}
