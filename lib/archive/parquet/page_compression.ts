import { zstdDecompressSync } from "node:zlib";
import { compressFrame } from "../zstd_frames.ts";

/** Trade-off between speed and size, see docs/decisions/0005. */
const PAGE_LEVEL = 3;

/** Compresses a page as one zstd frame without checksum; the page header has a CRC-32. */
export function compressPage(plain: Uint8Array): Uint8Array {
  return compressFrame(plain, PAGE_LEVEL, { isChecksummed: false });
}

/** Parquet's codec numbers. */
export const UNCOMPRESSED = 0;
export const ZSTD = 6;

/** Compression of a column chunk's pages. */
export type Codec = typeof UNCOMPRESSED | typeof ZSTD;

/** Compresses sample pages of a column chunk to choose its codec. */
export class PageSample {
  #packed = new Map<number, Uint8Array>();
  #saved = 0;

  /** Adds a page; `plain` is not kept. */
  add(number: number, plain: Uint8Array): void {
    const packed = compressPage(plain);
    this.#packed.set(number, packed);
    this.#saved += plain.length - packed.length;
  }

  /** zstd, unless the sample is smaller uncompressed (few bytes of a single-valued column). */
  get codec(): Codec {
    return this.#saved > 0 ? ZSTD : UNCOMPRESSED;
  }

  /** Returns a page as stored; reuses the compressed bytes if `number` is in the sample. */
  bodyOf(number: number, plain: Uint8Array): Uint8Array {
    if (this.codec === UNCOMPRESSED) return plain.slice();
    return this.#packed.get(number) ?? compressPage(plain);
  }
}

/** Decompresses a page. Throws RangeError unless the result has exactly `bytes` bytes. */
export function decompressPage(packed: Uint8Array, bytes: number): Uint8Array {
  if (bytes === 0 && packed.length === 0) return packed;
  const plain = zstdDecompressSync(packed, {
    maxOutputLength: Math.max(1, bytes),
    // One output buffer for all of it, to avoid copies.
    chunkSize: bytes + 64,
  });
  if (plain.length !== bytes) {
    throw new RangeError(`a page has ${plain.length} bytes, not ${bytes}`);
  }
  // Avoid Buffer: reading its bytes one by one is twice as slow.
  return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
}
