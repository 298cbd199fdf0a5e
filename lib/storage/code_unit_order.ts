/** From here on UTF-8 and UTF-16 order characters differently: surrogates stand before U+E000. */
const HIGH = /[\ud800-\uffff]/;

/**
 * Brings what is sorted by the keys' UTF-8 bytes, as S3 lists, into the order of code units. Only
 * keys that differ in a character from U+E000 on are held back, until their group is complete.
 */
export async function* inCodeUnitOrder<T extends { key: string }>(
  items: AsyncIterable<T>,
): AsyncGenerator<T, void> {
  let start = "";
  let group: T[] = [];
  for await (const item of items) {
    if (group.length > 0) {
      if (item.key.startsWith(start) && HIGH.test(item.key.charAt(start.length))) {
        group.push(item);
        continue;
      }
      yield* sorted(group);
      group = [];
    }
    const at = item.key.search(HIGH);
    if (at < 0) {
      yield item;
      continue;
    }
    start = item.key.slice(0, at);
    group.push(item);
  }
  yield* sorted(group);
}

function sorted<T extends { key: string }>(group: T[]): T[] {
  return group.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
