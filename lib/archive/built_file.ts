import { createHash } from "node:crypto";
import { concat } from "./bytes.ts";

/** A finished file in the pieces that it was made of: it is never in memory as a whole. */
export class BuiltFile {
  /** Of the whole file. */
  readonly size: number;
  /** Of the whole file, hex. */
  readonly sha256: string;
  #chunks: readonly Uint8Array[];

  /** The pieces are not copied. */
  constructor(chunks: readonly Uint8Array[]) {
    this.#chunks = chunks;
    this.size = chunks.reduce((sum, { length }) => sum + length, 0);
    const hash = createHash("sha256");
    for (const chunk of chunks) hash.update(chunk);
    this.sha256 = hash.digest("hex");
  }

  /** Its pieces in order, as often as they are asked for. */
  async *stream(): AsyncIterable<Uint8Array> {
    yield* this.#chunks;
  }

  /** The whole file, put together anew each time. */
  get bytes(): Uint8Array {
    return concat(this.#chunks);
  }
}
