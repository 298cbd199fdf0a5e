import { withoutInvisible } from "@ssmd/runtime";
import { AGENT_LIMITS } from "./limits.ts";

/** Frames a third-party text for a prompt: bounded, and unable to close its frame. */
export function untrusted(text: string): string {
  const clean = withoutInvisible(text).replace(/<\/?untrusted>/gi, " ")
    .slice(0, AGENT_LIMITS.wordsCharactersMax);
  return `<untrusted>${clean}</untrusted>`;
}
