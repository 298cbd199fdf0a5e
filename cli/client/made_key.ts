import { z } from "zod";
import type { ApiKey, MadeKey } from "@ssmd/gateway/access";
import { notice, type SsmdContext } from "../context.ts";
import { isoOfMs } from "../format.ts";
import { KEY_VIEW, keyView } from "./views.ts";

/** New key as printed. */
export const MADE_KEY = z.object({
  key: z.string().describe("The secret, shown only once"),
  ...KEY_VIEW.shape,
});

/** Builds a {@linkcode MADE_KEY}; the notices go to stderr, so that stdout can be piped. */
export function madeKeyView(
  context: SsmdContext,
  { key, text }: MadeKey,
  old?: ApiKey,
): z.output<typeof MADE_KEY> {
  const ends = key.expiresAtMs === null ? "it does not end" : `it ends ${isoOfMs(key.expiresAtMs)}`;
  notice(context, `key ${key.id} of ${key.client}: ${ends}; it is shown this once, keep it now`);
  if (old !== undefined && old.expiresAtMs !== null) {
    notice(context, `key ${old.id} holds until ${isoOfMs(old.expiresAtMs)}`);
  }
  return { key: text, ...keyView(key) };
}

/** Table form: the key alone. */
export function keyAlone({ key }: z.output<typeof MADE_KEY>): { text: string } {
  return { text: `${key}\n` };
}
