import type { SsmdContext } from "./context.ts";
import { UsageError } from "./exit.ts";

/**
 * Asks whether to go on; `--yes` answers. Gives false when the answer is no. Throws UsageError
 * `CONFIRM_NEEDED` where nobody can be asked.
 */
export function confirmed({ globals }: SsmdContext, question: string): boolean {
  if (globals.yes) return true;
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError("CONFIRM_NEEDED", `${question} Nobody is there to answer.`, {
      hint: "--yes answers every question with yes",
    });
  }
  return confirm(question);
}
