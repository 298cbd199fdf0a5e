import { ArchiveError, messageOf } from "@ssmd/runtime";
import { findObject, isSameBytes, type Storage } from "@ssmd/storage";
import { sha256Of } from "./bytes.ts";

const UTF8 = new TextEncoder();

/** A kind of JSON object that is stored with its hash. */
export interface HashedFormat {
  /** Code and hint of the error when an object is not what was written. */
  code: "FILE_DAMAGED" | "MANIFEST_DAMAGED";
  hint: string;
  /** The text of an object; default two spaces of indent. It ends with a line break and `}`. */
  layout?: (value: object) => string;
  /** The first field that is missing or wrong; undefined = all are right. */
  wrongField: (value: Record<string, unknown>) => string | undefined;
}

/**
 * A JSON object as a file that shows any changed byte: keys in the order in which they stand, and as
 * its last field the SHA-256 of the rest.
 */
export function formatHashed(
  value: object,
  { layout = indented }: Partial<HashedFormat>,
): Uint8Array {
  const body = layout(value);
  const sha256 = sha256Of(UTF8.encode(body));
  return UTF8.encode(`${body.slice(0, -2)},\n  "sha256": "${sha256}"\n}\n`);
}

function indented(value: object): string {
  return JSON.stringify(value, null, 2);
}

/**
 * What {@linkcode formatHashed} wrote, without the hash; `key` names the object in errors. Throws
 * ArchiveError with the format's code when a field is wrong or any byte was changed.
 */
export function parseHashed(
  bytes: Uint8Array,
  key: string,
  format: HashedFormat,
): Record<string, unknown> {
  const corruption = (why: string) =>
    new ArchiveError(format.code, `${key} is damaged: ${why}`, {
      hint: format.hint,
      context: { key },
    });
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw corruption(`it is no JSON (${messageOf(error)})`);
  }
  if (value === null || typeof value !== "object") throw corruption("it is no JSON object");
  const { sha256: _, ...rest } = value;
  const wrong = format.wrongField(rest);
  if (wrong !== undefined) throw corruption(`${wrong} is missing or wrong`);
  // Formatted anew it must be the same bytes: the hash covers what was parsed, this the rest.
  if (isSameBytes(formatHashed(rest, format), bytes)) return rest;
  throw corruption("its content does not have the SHA-256 that it names");
}

/** The bytes of an object of a named format. */
export function formatHashedJson(value: object): Uint8Array {
  return formatHashed(value, {});
}

/**
 * Reads such an object; undefined when there is none. Throws ArchiveError `FILE_DAMAGED` when it is of
 * another format or any byte was changed, and StorageError.
 */
export async function loadHashedJson<T extends { format: string }>(
  storage: Storage,
  key: string,
  format: T["format"],
): Promise<T | undefined> {
  const bytes = await findObject(storage, key);
  if (bytes === undefined) return undefined;
  return parseHashed(bytes, key, {
    code: "FILE_DAMAGED",
    hint: "Restore the object from a copy; do not edit it by hand",
    wrongField: (value) => value["format"] === format ? undefined : `its format ${format}`,
  }) as unknown as T;
}
