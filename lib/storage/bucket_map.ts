import { StorageError } from "@ssmd/runtime";
import { assertKey, assertPrefix } from "./key.ts";
import type { Storage, StoredObject } from "./storage.ts";
import type { ObjectVersion, ObjectVersions } from "./versions.ts";

/**
 * Combines several storages: the first part of a key, `raw/`, selects one. The storages use full
 * keys. Throws StorageError `KEY_INVALID` for other first parts.
 */
export function storageByPrefix(byPrefix: Readonly<Record<string, Storage>>): Storage {
  const prefixes = Object.keys(byPrefix).sort();
  const storages = prefixes.map((prefix) => byPrefix[prefix] as Storage);
  const location = [...new Set(storages.map((each) => each.location))].join(" + ");

  function holderOf(key: string): Storage {
    assertKey(key);
    const found = prefixes.find((prefix) => key.startsWith(prefix));
    if (found !== undefined) return byPrefix[found] as Storage;
    throw new StorageError("KEY_INVALID", `No bucket is meant for the key "${key}"`, {
      context: { key, location },
      hint: `Keys begin with ${prefixes.join(" or ")}`,
    });
  }

  async function* list(prefix: string): AsyncGenerator<StoredObject, void> {
    assertPrefix(prefix);
    for (const each of prefixes) {
      const storage = byPrefix[each] as Storage;
      if (prefix.startsWith(each)) yield* storage.list(prefix);
      else if (each.startsWith(prefix)) yield* storage.list(each);
    }
  }

  const versions = versionsOf(byPrefix, holderOf);
  return {
    ...(versions === undefined ? {} : { versions }),
    type: storages[0]?.type ?? "memory",
    location,
    put: async (key, data) => await holderOf(key).put(key, data),
    get: async (key) => await holderOf(key).get(key),
    getRange: async (key, start, end) => await holderOf(key).getRange(key, start, end),
    head: async (key) => await holderOf(key).head(key),
    list,
    delete: async (key) => await holderOf(key).delete(key),
    close: async () => {
      for (const storage of storages) await storage.close();
    },
    ...(storages.every((each) => each.putIfAbsent !== undefined)
      ? { putIfAbsent: (key, data) => putIfAbsent(holderOf, key, data) }
      : {}),
    ...(storages.every((each) => each.replace !== undefined)
      ? { replace: (key, data, seen) => replace(holderOf, key, { data, seen }) }
      : {}),
  };
}

/** Combines the versions of all buckets; undefined unless each keeps versions. */
function versionsOf(
  byPrefix: Readonly<Record<string, Storage>>,
  holderOf: (key: string) => Storage,
): ObjectVersions | undefined {
  const all = Object.entries(byPrefix).sort(([a], [b]) => a < b ? -1 : 1)
    .flatMap(([prefix, { versions }]) => versions === undefined ? [] : [{ prefix, versions }]);
  if (all.length < Object.keys(byPrefix).length) return undefined;
  const own = (key: string) => holderOf(key).versions as ObjectVersions;
  async function* list(prefix: string): AsyncGenerator<ObjectVersion, void> {
    for (const each of all) {
      if (prefix.startsWith(each.prefix)) yield* each.versions.list(prefix);
      else if (each.prefix.startsWith(prefix)) yield* each.versions.list(each.prefix);
    }
  }
  return {
    states: async () => {
      const states = (await Promise.all(all.map((each) => each.versions.states()))).flat();
      // One bucket may hold two prefixes.
      return [...new Map(states.map((state) => [state.location, state])).values()];
    },
    enable: async (isEnabled) => {
      for (const { versions } of all) await versions.enable(isEnabled);
    },
    list,
    restore: async (version) => await own(version.key).restore(version),
    remove: async (version) => await own(version.key).remove(version),
  };
}

async function putIfAbsent(
  holderOf: (key: string) => Storage,
  key: string,
  data: Uint8Array,
): Promise<boolean> {
  return await holderOf(key).putIfAbsent?.(key, data) ?? false;
}

async function replace(
  holderOf: (key: string) => Storage,
  key: string,
  { data, seen }: { data: Uint8Array; seen: Uint8Array | undefined },
): Promise<boolean> {
  return await holderOf(key).replace?.(key, data, seen) ?? false;
}
