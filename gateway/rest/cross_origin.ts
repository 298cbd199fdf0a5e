import type { IncomingMessage } from "node:http";
import type { Authenticator } from "../access/authenticator.ts";

/**
 * Pages of other origins may read where a key proves who asks; without keys any page that somebody
 * opens could otherwise read what runs on their machine. Cookies never count for them. See
 * docs/decisions/0019-rest.md.
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
