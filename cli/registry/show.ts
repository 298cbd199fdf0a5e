import type { Origin } from "@ssmd/metadata";
import { notice, type SsmdContext } from "../context.ts";

/** Prints the origin's note if it has one; silent with `--quiet`. */
export function noteOrigin(context: SsmdContext, { note }: Origin): void {
  if (note !== undefined) notice(context, `note: ${note}`);
}
