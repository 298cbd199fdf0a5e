import { createHash } from "node:crypto";
import { concat } from "./bytes.ts";

/** A finished file kept as chunks, never concatenated in memory. */
export class BuiltFile {
  /** Size of the whole file, bytes. */
  readonly size: number;
  /** SHA-256 of the whole file, hex. */
  readonly sha256: string;
  #chunks: readonly Uint8Array[];

  /** Keeps references to the chunks; does not copy them. */
  constructor(chunks: readonly Uint8Array[]) {
    this.#chunks = chunks;
    this.size = chunks.reduce((sum, { length }) => sum + length, 0);
    const hash = createHash("sha256");
    for (const chunk of chunks) hash.update(chunk);
    this.sha256 = hash.digest("hex");
  }

  /** Yields the chunks in order; can be called repeatedly. */
  async *stream(): AsyncIterable<Uint8Array> {
    yield* this.#chunks;
  }

  /** The whole file; concatenated on every access. */
  get bytes(): Uint8Array {
    return concat(this.#chunks);
  }
}
