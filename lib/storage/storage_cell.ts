import { type LeaseCell, StorageError } from "@ssmd/runtime";
import { findObject } from "./find_object.ts";
import type { Storage } from "./storage.ts";

/** Returns an object as a compare-and-swap cell shared by processes. */
export function storageCell(storage: Storage, key: string): LeaseCell {
  let seen: Uint8Array | undefined;
  return {
    read: async () => seen = await findObject(storage, key),
    write: async (value) => {
      if (storage.replace === undefined) {
        throw new StorageError(
          "STORAGE_UNSUPPORTED",
          `${storage.location} cannot compare and swap`,
          { hint: "Use a storage that has conditional writes", context: { key } },
        );
      }
      const isWritten = await storage.replace(key, value, seen);
      if (isWritten) seen = value;
      return isWritten;
    },
  };
}
