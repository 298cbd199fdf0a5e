import type { SsmdContext } from "./context.ts";
import { UsageError } from "./exit.ts";
import { writeError } from "./output.ts";

/** Maximum size of an answer, bytes. */
const ANSWER_BYTES_MAX = 1024;

/**
 * Asks on stderr whether to continue; `--yes` answers. Returns true for y or yes only. Throws
 * UsageError `CONFIRM_NEEDED` when stdin is not a terminal.
 */
export function confirmed({ globals }: SsmdContext, question: string): boolean {
  if (globals.yes) return true;
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError("CONFIRM_NEEDED", `${question} There is no terminal to answer on`, {
      hint: "--yes answers every question with yes",
    });
  }
  writeError(`${question} [y/N] `);
  const buffer = new Uint8Array(ANSWER_BYTES_MAX);
  const count = Deno.stdin.readSync(buffer) ?? 0;
  return /^y(es)?$/i.test(new TextDecoder().decode(buffer.subarray(0, count)).trim());
}

/** Like {@linkcode confirmed}, but throws UsageError `NOT_CONFIRMED` for no. */
export function assertConfirmed(context: SsmdContext, question: string): void {
  if (confirmed(context, question)) return;
  throw new UsageError("NOT_CONFIRMED", "Not confirmed; nothing was changed", {
    hint: "Answer y to go on",
  });
}
