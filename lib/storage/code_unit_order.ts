/** Order of a server's listings: by UTF-8 bytes like S3, or folder by folder. */
export type ServerOrder = "bytes" | "folders";

/** UTF-8 and UTF-16 order differ from here on: surrogates sort before U+E000. */
const HIGH = /[\ud800-\uffff]/;
/** The latter list a folder before siblings like `folder-b`, which sort before `folder/…`. */
const SLASH_OR_HIGH = /[/\ud800-\uffff]/;
const TO_SLASH_OR_HIGH = /[\0-/\ud800-\uffff]/;

/**
 * Reorders a server's listing under a prefix by code units. Buffers only groups of keys that differ
 * in a character from U+E000 on and, for a server that lists folders, the keys of one folder below
 * the prefix.
 */
export async function* inCodeUnitOrder<T extends { key: string }>(
  items: AsyncIterable<T>,
  { order, prefix }: { order: ServerOrder; prefix: string },
): AsyncGenerator<T, void> {
  const [begins, belongs] = order === "bytes" ? [HIGH, HIGH] : [SLASH_OR_HIGH, TO_SLASH_OR_HIGH];
  let start = "";
  let group: T[] = [];
  for await (const item of items) {
    if (group.length > 0) {
      if (item.key.startsWith(start) && belongs.test(item.key.charAt(start.length))) {
        group.push(item);
        continue;
      }
      yield* sorted(group);
      group = [];
    }
    const at = item.key.slice(prefix.length).search(begins);
    if (at < 0) {
      yield item;
      continue;
    }
    start = item.key.slice(0, prefix.length + at);
    group.push(item);
  }
  yield* sorted(group);
}

function sorted<T extends { key: string }>(group: T[]): T[] {
  return group.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
