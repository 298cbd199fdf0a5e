import { crc32 } from "node:zlib";

/**
 * Order-independent digest of a set of records: count, bytes and the sum of their CRC-32s. Reveals
 * lost, duplicated or changed records.
 */
export class RecordDigest {
  #count = 0;
  #bytes = 0;
  #sum = 0;

  /** Records so far. */
  get count(): number {
    return this.#count;
  }

  /** Adds one message. */
  add(message: Uint8Array): void {
    this.#count++;
    this.#bytes += message.length;
    this.#sum = (this.#sum + crc32(message)) >>> 0;
  }

  /** Digest text; equal for equal sets. */
  get text(): string {
    return `${this.#count} records, ${this.#bytes} bytes, sum ${this.#sum.toString(16)}`;
  }
}
