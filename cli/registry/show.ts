import type { Origin } from "@ssmd/metadata";
import { notice, type SsmdContext } from "../context.ts";

/** Says what is not expected about where files come from; `--quiet` does not. */
export function noteOrigin(context: SsmdContext, { note }: Origin): void {
  if (note !== undefined) notice(context, `note: ${note}`);
}
