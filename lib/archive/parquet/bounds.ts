import type { Bounds, PageCounts } from "./encoded_chunk.ts";
import type { Column } from "./record_columns.ts";

/** Merges the bounds of all pages; undefined when a page with values has none. */
export function boundsOfAll(
  kind: Column["kind"],
  pages: readonly PageCounts[],
): Bounds | undefined {
  let all: Bounds | undefined;
  for (const { bounds, count, nulls } of pages) {
    if (bounds === undefined) {
      if (count > nulls) return undefined;
      continue;
    }
    all = {
      min: all === undefined || compareBounds(kind, bounds.min, all.min) < 0 ? bounds.min : all.min,
      max: all === undefined || compareBounds(kind, bounds.max, all.max) > 0 ? bounds.max : all.max,
    };
  }
  return all;
}

/** Compares two plain-encoded values of a column. */
export function compareBounds(kind: Column["kind"], a: Uint8Array, b: Uint8Array): number {
  if (kind === "word" || kind === "text" || kind === "flag") return compareUnsigned(a, b);
  const [x, y] = [a, b].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset)) as [
    DataView,
    DataView,
  ];
  if (kind === "double" || kind === "doubles") return x.getFloat64(0, true) - y.getFloat64(0, true);
  const difference = x.getBigInt64(0, true) - y.getBigInt64(0, true);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Compares bytes as unsigned numbers; a prefix sorts first. */
export function compareUnsigned(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
