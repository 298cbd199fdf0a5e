import { ArchiveError, messageOf, StorageError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { sha256Of } from "./bytes.ts";

const UTF8 = new TextEncoder();

/**
 * A JSON object as a file that shows any changed byte: keys in the order in which they stand, two
 * spaces of indent, and as its last field the SHA-256 of the rest.
 */
export function formatHashedJson(value: object): Uint8Array {
  const body = JSON.stringify(value, null, 2);
  const sha256 = sha256Of(UTF8.encode(body));
  return UTF8.encode(`${body.slice(0, -2)},\n  "sha256": "${sha256}"\n}\n`);
}

/**
 * What {@linkcode formatHashedJson} wrote, without the hash; `key` names the object in errors.
 * Throws ArchiveError `FILE_DAMAGED` when it is another format or any byte was changed.
 */
export function parseHashedJson<T extends { format: string }>(
  bytes: Uint8Array,
  key: string,
  format: T["format"],
): T {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw corruptionError(key, `it is no JSON (${messageOf(error)})`);
  }
  if (value === null || typeof value !== "object") {
    throw corruptionError(key, "it is no JSON object");
  }
  const { sha256: _, ...rest } = value;
  if (rest["format"] !== format) throw corruptionError(key, `its format is not ${format}`);
  // Formatted anew it must be the same bytes: the hash covers what was parsed, this the rest.
  if (!isSame(formatHashedJson(rest), bytes)) {
    throw corruptionError(key, "its content does not have the SHA-256 that it names");
  }
  return rest as unknown as T;
}

/** Reads such an object; undefined when there is none. Throws as {@linkcode parseHashedJson}, and StorageError. */
export async function loadHashedJson<T extends { format: string }>(
  storage: Storage,
  key: string,
  format: T["format"],
): Promise<T | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await storage.get(key);
  } catch (error) {
    if (error instanceof StorageError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
  return parseHashedJson<T>(bytes, key, format);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function corruptionError(key: string, why: string): ArchiveError {
  return new ArchiveError("FILE_DAMAGED", `${key} is damaged: ${why}.`, {
    hint: "Restore the object from a copy; do not edit it by hand.",
    context: { key },
  });
}
