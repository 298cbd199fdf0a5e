import { compressFrame, decompressFrame } from "@ssmd/archive";
import { decode, messagesIn } from "@ssmd/codec";
import type { Ticker, Trade } from "@ssmd/market";

/** Bytes of a block that is full; the first ones of a series are smaller and grow. */
const BLOCK_BYTES = 16 * 1024;
const FIRST_BYTES = 512;
/** Packed to a fifth for less than half a µs a record. */
const PACKING_LEVEL = 1;

/** A record that is kept. */
export type Kept = Trade | Ticker;

/** Records in order of receipt as their messages of the bus, one behind the other, in bounded memory. */
export class PackedRecords<R extends Kept> {
  /** Receive times of the first and the last one, µs. */
  readonly firstUs: number;
  lastUs: number;
  /** Earliest time in it, of the venue or of receipt, µs. */
  earliestUs = Infinity;
  /** Number of the last one. */
  lastSequence: number;
  count = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;
  #isPacked = false;

  /** A block whose first record is this one; it is still to be added. */
  constructor({ receivedAtUs, sequence }: R, message: Uint8Array) {
    this.firstUs = this.lastUs = receivedAtUs;
    this.lastSequence = sequence;
    this.#bytes = new Uint8Array(Math.max(FIRST_BYTES, message.length));
  }

  /** Adds a record that is not before the last; false = the block is full. */
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

  /** No more is added: its bytes are compressed, and made again for who asks. */
  pack(): void {
    if (this.#isPacked) return;
    const frame = compressFrame(this.#bytes.subarray(0, this.#used), PACKING_LEVEL, {
      isChecksummed: false,
    });
    // A copy: the frame is a view of room for the worst case.
    this.#bytes = new Uint8Array(frame);
    this.#isPacked = true;
  }

  /** Its messages; each a view that does not change. */
  messages(): Generator<Uint8Array> {
    const frame = { kind: "data" as const, start: 0, end: this.#bytes.length };
    return messagesIn(
      this.#isPacked
        ? decompressFrame(this.#bytes, frame, "memory")
        : this.#bytes.subarray(0, this.#used),
    );
  }

  /** Its records. */
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
