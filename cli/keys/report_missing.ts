import type { SsmdContext } from "../context.ts";

/** Keys with the places of values that are not there. */
type KeysWithMissing = readonly { environment: string; missing: readonly string[] }[];

/** Says on stderr which fields have no value and where they belong. */
export function reportMissing(
  { process: { stderr } }: SsmdContext,
  keys: KeysWithMissing,
): void {
  for (const { environment, missing } of keys) {
    for (const where of missing) stderr.write(`missing: ${where} of ${environment}\n`);
  }
}

/** Whether a key has a field without a value. */
export function hasMissing(keys: KeysWithMissing): boolean {
  return keys.some(({ missing }) => missing.length > 0);
}
