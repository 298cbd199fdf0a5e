const UTF8 = new TextEncoder();

/** Bytes from `start` to `end` (exclusive). */
interface ByteSpan {
  start: number;
  end: number;
}

/** Growing byte buffer; `clear` keeps its memory for reuse. */
export class ByteBuffer {
  /** Bytes written. */
  length = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;

  /** Creates a buffer with an initial capacity of `bytes`. */
  constructor(bytes = 1024) {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** A view of the written bytes; valid until the next write. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  /** Discards the content. */
  clear(): void {
    this.length = 0;
  }

  /** Appends one byte. */
  uint8(value: number): void {
    this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  /** Overwrites the already written byte at `at`. */
  setUint8(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  /** Appends four bytes, little-endian. */
  uint32(value: number): void {
    this.#grow(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** Appends a double, little-endian. */
  float64(value: number): void {
    this.#grow(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Appends an integer from 0 to 2^53 as eight bytes, little-endian. */
  uint64(value: number): void {
    this.#grow(8);
    this.#view.setUint32(this.length, value % 4_294_967_296, true);
    this.#view.setUint32(this.length + 4, Math.floor(value / 4_294_967_296), true);
    this.length += 8;
  }

  /** Appends an unsigned integer as a varint (groups of seven bits, low first). */
  varint(value: number): void {
    while (value >= 128) {
      this.uint8(value % 128 | 128);
      value = Math.floor(value / 128);
    }
    this.uint8(value);
  }

  /** Appends raw bytes. */
  bytes(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Appends the bytes from `start` to `end`, which are few. */
  part(bytes: Uint8Array, start: number, end: number): void {
    this.#grow(end - start);
    for (let i = start; i < end; i++) this.#bytes[this.length++] = bytes[i] as number;
  }

  /** Returns whether the bytes of a span are here at `at`. */
  isAt(at: number, bytes: Uint8Array, { start, end }: ByteSpan): boolean {
    const own = this.#bytes;
    // From the end, as texts in a row often begin alike.
    for (let i = end - 1, k = at + end - start - 1; i >= start; i--, k--) {
      if (own[k] !== bytes[i]) return false;
    }
    return true;
  }

  /** Appends text as UTF-8 without a length prefix; returns its number of bytes. */
  text(text: string): number {
    // A UTF-16 code unit takes at most three bytes.
    this.#grow(text.length * 3);
    const start = this.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return this.#wideText(text);
      this.#bytes[start + i] = code;
    }
    this.length += text.length;
    return text.length;
  }

  #wideText(text: string): number {
    const { written } = UTF8.encodeInto(text, this.#bytes.subarray(this.length));
    this.length += written;
    return written;
  }

  /** Compares the bytes of two spans; a prefix sorts first. */
  compare(a: ByteSpan, b: ByteSpan): number {
    const bytes = this.#bytes;
    const length = Math.min(a.end - a.start, b.end - b.start);
    for (let i = 0; i < length; i++) {
      const difference = (bytes[a.start + i] as number) - (bytes[b.start + i] as number);
      if (difference !== 0) return difference;
    }
    return (a.end - a.start) - (b.end - b.start);
  }

  #grow(more: number): void {
    const needed = this.length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.written);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
