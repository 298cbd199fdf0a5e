import type { ByteBuffer } from "./byte_buffer.ts";
import { writeRuns } from "./run_lengths.ts";

/** 0 and 1 a value: whether it is there, or whether it goes on with a list. */
export class Levels {
  #levels = new Uint8Array(1024);
  length = 0;

  add(level: 0 | 1): void {
    if (this.length === this.#levels.length) {
      const larger = new Uint8Array(this.length * 2);
      larger.set(this.#levels);
      this.#levels = larger;
    }
    this.#levels[this.length++] = level;
  }

  /** Writes the levels behind their length in bytes, and begins anew. */
  writeTo(out: ByteBuffer, scratch: ByteBuffer): void {
    scratch.clear();
    writeRuns(scratch, this.#levels.subarray(0, this.length), 1);
    out.uint32(scratch.length);
    out.bytes(scratch.written);
    this.length = 0;
  }
}
