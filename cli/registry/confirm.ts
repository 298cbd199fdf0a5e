import { UsageError } from "../exit.ts";

/**
 * Asks a person before something is destroyed. `yes` answers for them; where nobody can be asked it
 * is needed. Throws UsageError `NOT_CONFIRMED`.
 */
export async function confirm(
  question: string,
  yes: boolean,
  out: { stderr: { write(text: string): void } },
): Promise<void> {
  if (yes) return;
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError("NOT_CONFIRMED", `${question} Nobody is there to answer.`, {
      hint: "add --yes when it is meant, or --dry-run to see what would happen",
    });
  }
  out.stderr.write(`${question} [y/N] `);
  const bytes = new Uint8Array(64);
  const size = await Deno.stdin.read(bytes) ?? 0;
  if (/^y(es)?$/i.test(new TextDecoder().decode(bytes.subarray(0, size)).trim())) return;
  throw new UsageError("NOT_CONFIRMED", "Nothing was changed.", { hint: "answer y to go on" });
}
