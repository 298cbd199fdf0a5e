import { CodecError } from "@ssmd/runtime/errors";

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();
const FIRST_BYTES = 256;

/** Writes a builder's state as bytes; read the values back in the same order. */
export class StateWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Writes a double, including NaN and infinities. */
  number(value: number): this {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
    return this;
  }

  /** Writes a boolean. */
  flag(value: boolean): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value ? 1 : 0;
    return this;
  }

  /** Writes a string. */
  text(value: string): this {
    return this.bytes(UTF8.encode(value));
  }

  /** Writes bytes with a length prefix. */
  bytes(value: Uint8Array): this {
    this.#reserve(4 + value.length);
    this.#view.setUint32(this.#length, value.length, true);
    this.#bytes.set(value, this.#length + 4);
    this.#length += 4 + value.length;
    return this;
  }

  /** Returns all bytes written, as a view: states may be large. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const wanted = this.#length + more;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what a {@linkcode StateWriter} wrote. Throws CodecError `STATE_TRUNCATED` past the end. */
export class StateReader {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  /** Creates a reader at the first byte. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads a double. */
  number(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** Reads a boolean. */
  flag(): boolean {
    return this.#bytes[this.#take(1)] !== 0;
  }

  /** Reads a string. */
  text(): string {
    return TEXT.decode(this.bytes());
  }

  /** Reads bytes, as a view of the input. */
  bytes(): Uint8Array {
    const length = this.#view.getUint32(this.#take(4), true);
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) {
      throw new CodecError("STATE_TRUNCATED", `The state ends at byte ${this.#bytes.length}`, {
        hint: "It was written by another version; start without it",
        context: { at, count },
      });
    }
    this.#at += count;
    return at;
  }
}
