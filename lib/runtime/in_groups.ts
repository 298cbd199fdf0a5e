/** Calls `action` for each item, for so many at a time; returns the results in the items' order. */
export async function inGroups<T, R>(
  items: readonly T[],
  size: number,
  action: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += size) {
    results.push(...await Promise.all(items.slice(at, at + size).map(action)));
  }
  return results;
}
