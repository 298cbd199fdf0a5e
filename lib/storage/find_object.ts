import { StorageError } from "@ssmd/runtime";
import type { Storage } from "./storage.ts";

/** Returns an object's bytes; undefined = there is none. Throws StorageError otherwise. */
export async function findObject(
  storage: Pick<Storage, "get">,
  key: string,
): Promise<Uint8Array | undefined> {
  try {
    return await storage.get(key);
  } catch (error) {
    if (error instanceof StorageError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
