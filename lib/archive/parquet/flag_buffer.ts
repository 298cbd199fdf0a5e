import { ByteBuffer } from "./byte_buffer.ts";
import { type ColumnBuffer, type EncodedChunk, PLAIN } from "./encoded_chunk.ts";
import { PageEnds } from "./page_ends.ts";
import type { BlockColumn, FlagValues } from "./block_column.ts";

/** Booleans, eight per byte. */
export class FlagBuffer implements ColumnBuffer {
  #rows = new ByteBuffer();
  #ends = new PageEnds();

  add(column: BlockColumn, from: number, to: number): void {
    this.#rows.bytes((column as FlagValues).flags.subarray(from, to));
  }

  endPage(): void {
    this.#ends.add(this.#rows.length, this.#rows.length);
  }

  take(): EncodedChunk {
    const rows = this.#rows.written;
    const flags = this.#ends.spans.map(({ from, to }) => rows.subarray(from.values, to.values));
    const pages = flags.map((page) => ({
      ...{ count: page.length, nulls: 0 },
      bounds: {
        min: Uint8Array.of(page.includes(0) ? 0 : 1),
        max: Uint8Array.of(page.includes(1) ? 1 : 0),
      },
    }));
    return {
      encoding: PLAIN,
      pages,
      pageBytes: (page) => packed(flags[page] ?? new Uint8Array(0)),
    };
  }

  clear(): void {
    this.#rows.clear();
    this.#ends.clear();
  }
}

function packed(flags: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  flags.forEach((flag, i) => {
    if (flag === 1) bytes[i >>> 3] = (bytes[i >>> 3] ?? 0) | 1 << (i & 7);
  });
  return bytes;
}
