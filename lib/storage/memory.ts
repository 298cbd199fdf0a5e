import { notFound } from "./errors.ts";
import { assertKey, assertPrefix } from "./key.ts";
import { isSame } from "./same_bytes.ts";
import type { Storage, StoredObject } from "./storage.ts";

interface Entry {
  data: Uint8Array;
  modifiedAtMs: number;
}

/** Stores objects in memory; `put` and `get` copy. */
export function memoryStorage(): Storage {
  const entries = new Map<string, Entry>();
  const location = "memory";

  function entryOf(key: string): Entry {
    assertKey(key);
    const entry = entries.get(key);
    if (entry === undefined) throw notFound(key, location);
    return entry;
  }

  function describe(key: string, entry: Entry): StoredObject {
    return { key, size: entry.data.length, modifiedAtMs: entry.modifiedAtMs };
  }

  return {
    type: "memory",
    location,
    async put(key, data) {
      assertKey(key);
      const bytes = data instanceof Uint8Array ? data.slice() : await collect(data);
      entries.set(key, { data: bytes, modifiedAtMs: Date.now() });
    },
    // deno-lint-ignore require-await
    async putIfAbsent(key, data) {
      assertKey(key);
      if (entries.has(key)) return false;
      entries.set(key, { data: data.slice(), modifiedAtMs: Date.now() });
      return true;
    },
    // deno-lint-ignore require-await
    async replace(key, data, seen) {
      assertKey(key);
      if (!isSame(entries.get(key)?.data, seen)) return false;
      entries.set(key, { data: data.slice(), modifiedAtMs: Date.now() });
      return true;
    },
    // deno-lint-ignore require-await
    async get(key) {
      return entryOf(key).data.slice();
    },
    // deno-lint-ignore require-await
    async getRange(key, start, end) {
      const { data } = entryOf(key);
      return data.slice(Math.max(0, start), Math.max(0, end));
    },
    // deno-lint-ignore require-await
    async head(key) {
      assertKey(key);
      const entry = entries.get(key);
      return entry === undefined ? undefined : describe(key, entry);
    },
    async *list(prefix) {
      assertPrefix(prefix);
      const keys = [...entries.keys()].filter((key) => key.startsWith(prefix)).sort();
      for (const key of keys) {
        const entry = entries.get(key);
        if (entry !== undefined) yield describe(key, entry);
      }
    },
    // deno-lint-ignore require-await
    async delete(key) {
      assertKey(key);
      entries.delete(key);
    },
    async close() {},
  };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk.slice());
    size += chunk.length;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
