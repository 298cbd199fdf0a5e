import { ArchiveError, messageOf } from "@ssmd/runtime";
import { findObject, isSameBytes, type Storage } from "@ssmd/storage";
import { sha256Of } from "./bytes.ts";

const UTF8 = new TextEncoder();

/** A kind of JSON object stored with its own hash. */
export interface HashedFormat {
  /** Code and hint of the error for a corrupt object. */
  code: "FILE_DAMAGED" | "MANIFEST_DAMAGED";
  hint: string;
  /** Formats an object as text ending with a line break and `}`; default: indent of two spaces. */
  layout?: (value: object) => string;
  /** Returns the first missing or invalid field; undefined when all are valid. */
  wrongField: (value: Record<string, unknown>) => string | undefined;
}

/**
 * Formats a JSON object with the SHA-256 of its content as last field, which reveals any changed
 * byte. Keys keep their order.
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
 * Parses the output of {@linkcode formatHashed} and drops the hash; `key` names the object in
 * errors. Throws ArchiveError with the format's code when a field is invalid or a byte changed.
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
  // Formatting the parsed value must give the same bytes: this also covers what the hash does not.
  if (isSameBytes(formatHashed(rest, format), bytes)) return rest;
  throw corruption("its content does not have the SHA-256 that it names");
}

/** Formats an object whose format is given by its `format` field. */
export function formatHashedJson(value: object): Uint8Array {
  return formatHashed(value, {});
}

/**
 * Loads a hashed JSON object; undefined when there is none. Throws ArchiveError `FILE_DAMAGED` when
 * it has another format or a changed byte, or StorageError.
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
