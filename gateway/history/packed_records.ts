import { decode, messagesIn } from "@ssmd/codec";
import type { Ticker, Trade } from "@ssmd/market";
import { PackedBytes } from "../state/packed_bytes.ts";

/** Size of a full block, bytes; the first blocks of a series are smaller and grow. */
const BLOCK_BYTES = 16 * 1024;
const FIRST_BYTES = 512;

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
  #messages: PackedBytes;

  /** Creates a block sized for this first record, which the caller must still add. */
  constructor({ receivedAtUs, sequence }: R, message: Uint8Array) {
    this.firstUs = this.lastUs = receivedAtUs;
    this.lastSequence = sequence;
    this.#messages = new PackedBytes(Math.max(FIRST_BYTES, message.length), BLOCK_BYTES);
  }

  /** Adds a record not before the last; returns false when the block is full. */
  add({ receivedAtUs, timestampUs, sequence }: R, message: Uint8Array): boolean {
    if (!this.#messages.append(message)) return false;
    this.lastUs = receivedAtUs;
    const venueUs = timestampUs > 0 ? timestampUs : receivedAtUs;
    this.earliestUs = Math.min(this.earliestUs, venueUs, receivedAtUs);
    this.lastSequence = sequence;
    this.count++;
    return true;
  }

  /** Closes the block and compresses its bytes, which are decompressed on read. */
  pack(): void {
    this.#messages.pack();
  }

  /** Returns the messages, each an immutable view. */
  messages(): Generator<Uint8Array> {
    return messagesIn(this.#messages.read());
  }

  /** Returns the decoded records. */
  records(type: R["type"]): R[] {
    return Array.from(this.messages(), (message) => decode(type, message) as R);
  }
}
