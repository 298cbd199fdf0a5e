import { Chaos, type Health, type Logger, StorageError, withMembers } from "@ssmd/runtime";
import type { Storage } from "./storage.ts";

/** Returns `storage`, with injected faults if SSMD_CHAOS_… is set. Its lock is not affected. */
export function withChaos(storage: Storage, options: { logger: Logger; health: Health }): Storage {
  const chaos = Chaos.ofService("storage", { ...options, error: StorageError });
  if (chaos === undefined) return storage;
  const failing = chaos.disturb(storage, [
    ...["put", "putIfAbsent", "replace", "get", "getRange", "head", "delete"] as const,
  ]);
  return withMembers(failing, {
    get: async (key) => chaos.corrupt(await failing.get(key)),
    getRange: async (...range) => chaos.corrupt(await failing.getRange(...range)),
    async *list(prefix) {
      await chaos.strike("list");
      yield* storage.list(prefix);
    },
  });
}
