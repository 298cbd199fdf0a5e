import type { SsmdContext } from "./context.ts";
import { UsageError } from "./exit.ts";
import { writeError } from "./output.ts";

/** Bytes of an answer that are looked at. */
const ANSWER_BYTES_MAX = 1024;

/**
 * Asks on stderr whether to go on; `--yes` answers. Gives false for any answer but y or yes. Throws
 * UsageError `CONFIRM_NEEDED` where nobody can be asked.
 */
export function confirmed({ globals }: SsmdContext, question: string): boolean {
  if (globals.yes) return true;
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError("CONFIRM_NEEDED", `${question} Nobody is there to answer`, {
      hint: "--yes answers every question with yes",
    });
  }
  writeError(`${question} [y/N] `);
  const buffer = new Uint8Array(ANSWER_BYTES_MAX);
  const count = Deno.stdin.readSync(buffer) ?? 0;
  return /^y(es)?$/i.test(new TextDecoder().decode(buffer.subarray(0, count)).trim());
}

/** As {@linkcode confirmed}; throws UsageError `NOT_CONFIRMED` where the answer is no. */
export function assertConfirmed(context: SsmdContext, question: string): void {
  if (confirmed(context, question)) return;
  throw new UsageError("NOT_CONFIRMED", "Not confirmed; nothing was changed", {
    hint: "Answer y to go on",
  });
}
