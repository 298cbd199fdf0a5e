import type { Caller } from "./caller.ts";
import { headerOf } from "./credential.ts";

/** Where proxies that end TLS tell whose certificate they saw. */
const HEADER = "x-forwarded-client-cert";

/**
 * The subject of a caller's certificate, as one of the named proxies tells it; undefined = none. From
 * any other address the header is worth nothing: whoever sends it may write what they like.
 */
export function certificateSubjectOf(
  { headers, address }: Caller,
  proxies: ReadonlySet<string>,
): string | undefined {
  const header = headerOf(headers, HEADER);
  if (header === undefined || !proxies.has(address.replace(/^::ffff:/, ""))) return undefined;
  // Each proxy on the way adds an element: the last one is of the proxy that connected.
  const element = partsOf(header, ",").at(-1) ?? "";
  const subject = partsOf(element, ";").map((part) => /^\s*Subject="?(.*?)"?\s*$/i.exec(part)?.[1])
    .find((text) => text !== undefined);
  return subject?.replace(/\\(.)/g, "$1") || undefined;
}

/** Parts between separators that stand outside of quotes. */
function partsOf(text: string, separator: "," | ";"): string[] {
  const pattern = separator === ","
    ? /(?:"(?:\\.|[^"\\])*"|[^",])+/g
    : /(?:"(?:\\.|[^"\\])*"|[^";])+/g;
  return text.match(pattern) ?? [];
}
