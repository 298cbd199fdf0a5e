import type { SsmdContext } from "../context.ts";

/** Says on stderr which fields have no value and where they belong; exit code 1 when there are any. */
export function tellMissing(
  { process: { stderr } }: SsmdContext,
  keys: readonly { environment: string; missing: readonly string[] }[],
): void {
  for (const { environment, missing } of keys) {
    for (const where of missing) stderr.write(`missing: ${where} of ${environment}\n`);
    if (missing.length > 0) Deno.exitCode = 1;
  }
}
