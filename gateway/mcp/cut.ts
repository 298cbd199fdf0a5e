/** A list or text within a value. */
interface LongPart {
  parent: Record<string, unknown>;
  key: string;
  /** Characters of its JSON. */
  size: number;
}

/** Minimum length of texts that are cut. */
const TEXT_CHARACTERS_MIN = 64;

/**
 * Returns a copy of a value whose longest list or text is halved repeatedly, until `isShort`
 * returns true or nothing is left to halve. Keeps the start of each.
 */
export function cutUntil<T>(value: T, isShort: (cut: T) => boolean): T {
  const cut = structuredClone(value);
  while (!isShort(cut)) {
    const part = longestIn(cut);
    if (part === undefined) break;
    const { parent, key } = part;
    const long = parent[key] as string | unknown[];
    parent[key] = long.slice(0, Math.ceil(long.length / 2));
  }
  return cut;
}

function longestIn(value: unknown): LongPart | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  // A list is treated as an object of its indexes.
  const parent = value as Record<string, unknown>;
  let longest: LongPart | undefined;
  for (const [key, each] of Object.entries(parent)) {
    for (const part of [longPartAt(parent, key, each), longestIn(each)]) {
      if (part && part.size > (longest?.size ?? 0)) longest = part;
    }
  }
  return longest;
}

function longPartAt(
  parent: Record<string, unknown>,
  key: string,
  value: unknown,
): LongPart | undefined {
  const isLong = typeof value === "string"
    ? value.length >= TEXT_CHARACTERS_MIN
    : Array.isArray(value) && value.length > 1;
  return isLong ? { parent, key, size: JSON.stringify(value).length } : undefined;
}
