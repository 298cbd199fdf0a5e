import { crc32 } from "node:zlib";

/**
 * What a set of records is known by, in whatever order they come: how many, of how many bytes, and
 * the sum of their CRC-32s. A record that is lost, doubled or changed on its way shows.
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

  /** The same text for the same set. */
  get text(): string {
    return `${this.#count} records, ${this.#bytes} bytes, sum ${this.#sum.toString(16)}`;
  }
}
