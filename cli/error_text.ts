import { messageOf, SsmdError } from "@ssmd/runtime/errors";
import { refusalHint, refusalIn } from "@ssmd/runtime/refusal";
import { paint } from "./terminal.ts";

/** Formats an error as text: sentence, hint, code. */
export function errorText(error: unknown): string {
  const lines = [`${paint("red", "error:")} ${messageOf(error)}`];
  const refusal = refusalIn(error);
  if (error instanceof SsmdError) {
    if (error.hint !== "") lines.push(`${paint("cyan", "hint:")}  ${error.hint}`);
    lines.push(`${paint("dim", `code:  ${error.code}`)}`);
  } else if (refusal !== undefined) {
    lines.push(`${paint("cyan", "hint:")}  ${refusalHint(refusal)}`);
  }
  return lines.join("\n");
}
