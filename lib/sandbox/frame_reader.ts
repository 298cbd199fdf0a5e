/** Reads exact byte counts from a stream of chunks. */
export class FrameReader {
  readonly #chunks: ReadableStreamDefaultReader<Uint8Array>;
  readonly #bytesMax: number;
  #rest: Uint8Array = new Uint8Array();

  /** Rejects single reads above `bytesMax`. */
  constructor(chunks: ReadableStreamDefaultReader<Uint8Array>, bytesMax: number) {
    this.#chunks = chunks;
    this.#bytesMax = bytesMax;
  }

  /** Returns the next `count` bytes. Throws RangeError past the limit and at the stream's end. */
  async read(count: number): Promise<Uint8Array> {
    if (count > this.#bytesMax) throw new RangeError(`${count} bytes at once`);
    if (this.#rest.length >= count) return this.#cut(count);
    const whole = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#chunks.read();
        if (done) throw new RangeError("the stream ended");
        this.#rest = value;
      }
      const part = this.#cut(Math.min(count - filled, this.#rest.length));
      whole.set(part, filled);
      filled += part.length;
    }
    return whole;
  }

  #cut(count: number): Uint8Array {
    const part = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return part;
  }

  /** Cancels the stream. */
  async cancel(): Promise<void> {
    await this.#chunks.cancel().catch(() => {});
  }
}
