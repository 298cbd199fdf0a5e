import type { ByteBuffer } from "./byte_buffer.ts";
import { writeRuns } from "./run_lengths.ts";

/** Levels of 0 or 1: whether a value is present, or whether it continues a list. */
export class Levels {
  length = 0;
  #levels = new Uint8Array(1024);
  #scratch: ByteBuffer;

  constructor(scratch: ByteBuffer) {
    this.#scratch = scratch;
  }

  add(level: 0 | 1): void {
    if (this.length === this.#levels.length) this.#grow(1);
    this.#levels[this.length++] = level;
  }

  /** Adds a level for each of `count` values. */
  addAll(level: 0 | 1, count: number): void {
    const end = this.length + count;
    if (end > this.#levels.length) this.#grow(count);
    while (this.length < end) this.#levels[this.length++] = level;
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.length + more, this.length * 2));
    larger.set(this.#levels);
    this.#levels = larger;
  }

  /** Writes the levels from `start` to `end`, prefixed with their length in bytes. */
  write(out: ByteBuffer, start: number, end: number): void {
    this.#scratch.clear();
    writeRuns(this.#scratch, this.#levels.subarray(start, end), 1);
    out.uint32(this.#scratch.length);
    out.bytes(this.#scratch.written);
  }

  clear(): void {
    this.length = 0;
  }
}
