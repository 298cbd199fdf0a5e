import { withoutInvisible } from "@ssmd/runtime";
import { AGENT_LIMITS } from "./limits.ts";

/** A text of others for a prompt: bounded, and unable to end its frame. */
export function untrusted(text: string): string {
  const clean = withoutInvisible(text).replace(/<\/?untrusted>/gi, " ")
    .slice(0, AGENT_LIMITS.wordsCharactersMax);
  return `<untrusted>${clean}</untrusted>`;
}
