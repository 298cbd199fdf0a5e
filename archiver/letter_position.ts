import { findObject, type Storage } from "@ssmd/storage";
import type { StreamPosition } from "@ssmd/transport";
import { z } from "zod";

const POSITION = z.object({ created_at_us: z.int(), sequence: z.int() });

function keyOf(env: string): string {
  return `normalized/${env}/dead-letters-position.json`;
}

/** Loads the position up to which letters are stored; undefined = none. Throws StorageError. */
export async function loadLetterPosition(
  storage: Storage,
  env: string,
): Promise<StreamPosition | undefined> {
  const found = await findObject(storage, keyOf(env));
  if (found === undefined) return undefined;
  try {
    const { created_at_us, sequence } = POSITION.parse(JSON.parse(new TextDecoder().decode(found)));
    return { createdAtUs: created_at_us, sequence };
  } catch {
    // A damaged one counts as none and is overwritten.
    return undefined;
  }
}

/** Saves the position. Throws StorageError. */
export async function saveLetterPosition(
  storage: Storage,
  env: string,
  { createdAtUs, sequence }: StreamPosition,
): Promise<void> {
  const text = JSON.stringify({ created_at_us: createdAtUs, sequence });
  await storage.put(keyOf(env), new TextEncoder().encode(text));
}
