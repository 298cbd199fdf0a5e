import type { Extent } from "./footer_reader.ts";

/** Ranges of a file in memory. */
export class FetchedRanges {
  #ranges: readonly { offset: number; bytes: Uint8Array }[];

  constructor(ranges: readonly { offset: number; bytes: Uint8Array }[]) {
    this.#ranges = ranges;
  }

  at({ offset, bytes: length }: Extent): Uint8Array {
    for (const { offset: start, bytes } of this.#ranges) {
      if (offset < start || offset + length > start + bytes.length) continue;
      return bytes.subarray(offset - start, offset - start + length);
    }
    throw new RangeError(`${length} bytes at ${offset} lie beyond what was read`);
  }
}

/** Largest gap bridged to save a request: fetching it costs as much as one request to S3. */
const HOLE_BYTES_MAX = 1024 * 1024;

/** Merges adjacent and nearly adjacent extents; returns them in file order. */
export function mergedExtents(extents: readonly Extent[], holeBytesMax = HOLE_BYTES_MAX): Extent[] {
  const merged: Extent[] = [];
  for (const { offset, bytes } of extents.toSorted((a, b) => a.offset - b.offset)) {
    const last = merged.at(-1);
    if (last !== undefined && offset - (last.offset + last.bytes) <= holeBytesMax) {
      last.bytes = Math.max(last.bytes, offset + bytes - last.offset);
    } else merged.push({ offset, bytes });
  }
  return merged;
}
