import { UsageError } from "../exit.ts";
import { writeError } from "../output.ts";

const ANSWER_BYTES_MAX = 1024;

/**
 * Asks on the terminal before something that cannot be undone; `yes` = it was said on the command line.
 * Throws UsageError `CONFIRMATION_MISSING` where nobody can be asked, `NOT_CONFIRMED` for any answer but y or yes.
 */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError("CONFIRMATION_MISSING", `${question} Nobody can be asked here.`, {
      hint: "say --yes if you mean it",
    });
  }
  writeError(`${question} [y/N] `);
  const buffer = new Uint8Array(ANSWER_BYTES_MAX);
  const count = await Deno.stdin.read(buffer) ?? 0;
  const answer = new TextDecoder().decode(buffer.subarray(0, count)).trim().toLowerCase();
  if (answer === "y" || answer === "yes") return;
  throw new UsageError("NOT_CONFIRMED", "not confirmed; nothing was changed", {
    hint: "answer y to go on",
  });
}
