import type { SsmdContext } from "../context.ts";

/** Keys with the locations of missing values. */
type KeysWithMissing = readonly { environment: string; missing: readonly string[] }[];

/** Prints to stderr which fields have no value and where it belongs. */
export function reportMissing(
  { process: { stderr } }: SsmdContext,
  keys: KeysWithMissing,
): void {
  for (const { environment, missing } of keys) {
    for (const where of missing) stderr.write(`missing: ${where} of ${environment}\n`);
  }
}

/** Returns true when any key has a field without a value. */
export function hasMissing(keys: KeysWithMissing): boolean {
  return keys.some(({ missing }) => missing.length > 0);
}
