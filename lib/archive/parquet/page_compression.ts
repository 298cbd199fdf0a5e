import { zstdDecompressSync } from "node:zlib";
import { compressFrame } from "../zstd_frames.ts";

/** Where speed and size of pages meet, see docs/decisions/0005. */
const PAGE_LEVEL = 3;

/** The bytes of a page, compressed: one zstd frame. Its CRC-32 stands in the page's header. */
export function compressPage(plain: Uint8Array): Uint8Array {
  return compressFrame(plain, PAGE_LEVEL, { isChecksummed: false });
}

/** Parquet's numbers of the ways in which the pages of a column chunk are compressed. */
export const UNCOMPRESSED = 0;
export const ZSTD = 6;

/** How the pages of a column chunk are compressed. */
export type Codec = typeof UNCOMPRESSED | typeof ZSTD;

/** Pages of a column chunk as they would be, and what is smaller for them. */
export class PageSample {
  #packed = new Map<number, Uint8Array>();
  #saved = 0;

  /** Adds the page of a number, which is not kept. */
  add(number: number, plain: Uint8Array): void {
    const packed = compressPage(plain);
    this.#packed.set(number, packed);
    this.#saved += plain.length - packed.length;
  }

  /** A frame of zstd is longer than the few bytes of a column of one value. */
  get codec(): Codec {
    return this.#saved > 0 ? ZSTD : UNCOMPRESSED;
  }

  /** A page as it stands in the file, by the number that it has in the sample, if it is of it. */
  bodyOf(number: number, plain: Uint8Array): Uint8Array {
    if (this.codec === UNCOMPRESSED) return plain.slice();
    return this.#packed.get(number) ?? compressPage(plain);
  }
}

/** The plain bytes of a page. Throws an error unless there are exactly `bytes` of them. */
export function decompressPage(packed: Uint8Array, bytes: number): Uint8Array {
  if (bytes === 0 && packed.length === 0) return packed;
  const plain = zstdDecompressSync(packed, {
    maxOutputLength: Math.max(1, bytes),
    // All of it in one buffer: none is copied into another.
    chunkSize: bytes + 64,
  });
  if (plain.length !== bytes) {
    throw new RangeError(`a page has ${plain.length} bytes, not ${bytes}`);
  }
  // A Buffer makes reading its bytes one by one twice as slow.
  return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
}
