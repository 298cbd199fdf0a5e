import type { IncomingMessage } from "node:http";
import type { Authenticator } from "../access/authenticator.ts";

/**
 * Returns CORS headers: pages of other origins need a key, because without keys any open page could
 * read the data of a gateway on the user's machine. Cookies are never accepted from them. See
 * docs/decisions/0013-rest.md.
 */
export function crossOriginHeaders(
  mode: Authenticator["mode"],
  { method, headers }: IncomingMessage,
): Record<string, string> {
  if (mode === "open") return {};
  const shared = { "access-control-allow-origin": "*" };
  if (method !== "OPTIONS" || headers["access-control-request-method"] === undefined) {
    return { ...shared, "access-control-expose-headers": "etag, retry-after, allow" };
  }
  return {
    ...shared,
    "access-control-allow-methods": "GET, HEAD, POST",
    "access-control-allow-headers": "authorization, x-api-key, if-none-match",
    "access-control-max-age": "600",
  };
}
