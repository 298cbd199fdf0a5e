import { StorageError, TEMPORARY_PREFIX } from "@ssmd/runtime";

/** Maximum key length in UTF-8 bytes, as in S3. */
const KEY_BYTES_MAX = 1024;

const UTF8 = new TextEncoder();

/**
 * Validates a key for all drivers: not empty; no empty, `.` or `..` part; no control characters or
 * backslash; at most 1024 bytes; no part that begins with `.tmp-`. Throws StorageError
 * `KEY_INVALID`.
 */
export function assertKey(key: string): void {
  const why = faultOf(key);
  if (why !== undefined) throw invalid("key", key, why);
}

/** Validates a key prefix; "" and a trailing `/` are allowed. Throws StorageError `KEY_INVALID`. */
export function assertPrefix(prefix: string): void {
  if (prefix === "") return;
  const why = faultOf(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
  if (why !== undefined) throw invalid("prefix", prefix, why);
}

function faultOf(key: string): string | undefined {
  if (key === "") return "it is empty";
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f\\]/.test(key)) return "it has a control character or a backslash";
  if (!key.isWellFormed()) return "it is no valid Unicode";
  if (UTF8.encode(key).length > KEY_BYTES_MAX) return `it is longer than ${KEY_BYTES_MAX} bytes`;
  for (const part of key.split("/")) {
    if (part === "") return "it begins or ends with a slash, or has two in a row";
    if (part === "." || part === "..") return `it has a part "${part}"`;
    if (part.startsWith(TEMPORARY_PREFIX)) return `a part begins with "${TEMPORARY_PREFIX}"`;
  }
  return undefined;
}

function invalid(what: string, key: string, why: string): StorageError {
  return new StorageError("KEY_INVALID", `The ${what} "${key}" is refused: ${why}`, {
    context: { key },
    hint: 'A key looks like "raw/prod/kraken/2026/11/20/10/05-main.jsonl.zst"',
  });
}
