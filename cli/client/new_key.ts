import type { ApiKey, MadeKey } from "@ssmd/gateway/access";
import { notice, type SsmdContext } from "../context.ts";
import { isoOfMs } from "../format.ts";
import type { OutputFormat } from "../output_format.ts";
import { render } from "../render.ts";
import { keyView } from "./views.ts";

/** Prints a new key, this once: as a table the key alone, so that it can be piped. */
export function printKey(
  context: SsmdContext,
  { key, text, old }: MadeKey & { old?: ApiKey },
  output: OutputFormat,
): void {
  const { stdout } = context.process;
  const replaced = old === undefined ? {} : { replaces: keyView(old) };
  if (output === "table") stdout.write(`${text}\n`);
  else {stdout.write(
      render({ value: { key: text, ...keyView(key), ...replaced }, rows: [] }, output),
    );}
  const ends = key.expiresAtMs === null ? "it does not end" : `it ends ${isoOfMs(key.expiresAtMs)}`;
  notice(context, `key ${key.id} of ${key.client}: ${ends}; it is shown this once, keep it now`);
  if (old?.expiresAtMs !== undefined && old.expiresAtMs !== null) {
    notice(context, `key ${old.id} goes on to hold until ${isoOfMs(old.expiresAtMs)}`);
  }
}
