import type { Instance } from "./instance.ts";

/** Compares instances in evaluation order: signal id, feed, symbol. */
export function compareInstances(a: Instance, b: Instance): number {
  return compareTexts(a.signal.id, b.signal.id) || compareTexts(a.feed, b.feed) ||
    compareTexts(a.symbol, b.symbol);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
