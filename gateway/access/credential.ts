import type { Caller } from "./caller.ts";
import { AccessDenied } from "./access_denied.ts";

/** Credential of a caller. */
export type Credential =
  | { kind: "key"; text: string }
  /** Of a browser session. */
  | { kind: "sign-in"; token: string }
  /** For one stream connection. */
  | { kind: "ticket"; ticket: string };

/** Name of the cookie of a browser session. */
export const SIGN_IN_COOKIE = "ssmd_sign_in";

/** Name of the cookie for the state of a sign-in at an issuer. */
export const KEPT_SIGN_IN_COOKIE = "ssmd_sign_in_kept";

/** Query parameters in which other services accept keys. */
const KEY_PARAMETERS = ["key", "api_key", "apikey", "token", "access_token", "x-api-key"];

/**
 * Returns the credential of a caller: `Authorization: Bearer`, `X-API-Key`, a ticket in the
 * address, or the sign-in cookie; undefined = none. Throws {@linkcode AccessDenied}
 * `KEY_IN_ADDRESS` even for a good key: addresses end up in histories and logs.
 */
export function credentialOf({ headers, query }: Caller): Credential | undefined {
  for (const name of query.keys()) {
    if (KEY_PARAMETERS.includes(name.toLowerCase())) throw keyInAddress();
  }
  const authorization = headerOf(headers, "authorization");
  if (authorization !== undefined) {
    const bearer = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    // Another scheme counts as a bad key.
    return { kind: "key", text: bearer ?? "" };
  }
  const key = headerOf(headers, "x-api-key");
  if (key !== undefined) return { kind: "key", text: key.trim() };
  // A ticket is valid for streams only.
  const ticket = isHandshake(headers) ? query.get("ticket") : null;
  if (ticket !== null) return { kind: "ticket", ticket };
  const token = signInTokenOf(headers);
  return token === undefined ? undefined : { kind: "sign-in", token };
}

/** Whether a request opens a stream. */
export function isHandshake(headers: Caller["headers"]): boolean {
  return (headerOf(headers, "upgrade") ?? "").split(",")
    .some((name) => name.trim().toLowerCase() === "websocket");
}

/** Returns the token in the browser-session cookie. */
export function signInTokenOf(headers: Caller["headers"]): string | undefined {
  return cookieOf(headerOf(headers, "cookie") ?? "", SIGN_IN_COOKIE);
}

/** Returns the state that a browser kept for its sign-in at an issuer. */
export function keptSignInOf(headers: Caller["headers"]): string | undefined {
  return cookieOf(headerOf(headers, "cookie") ?? "", KEPT_SIGN_IN_COOKIE);
}

/**
 * Whether a page of another origin sent this. Browsers add cookies to requests of any page, and
 * name the page's origin in `Origin`; programs send no `Origin`.
 */
export function isFromOtherOrigin({ headers }: Caller): boolean {
  const origin = headerOf(headers, "origin");
  if (origin === undefined) return false;
  if (!URL.canParse(origin)) return true;
  const { protocol, host } = new URL(origin);
  // Parsed with the origin's protocol, which drops a default port from both.
  const own = URL.parse(`${protocol}//${headerOf(headers, "host")}`);
  return own === null || own.host !== host || host === "";
}

function keyInAddress(): AccessDenied {
  return new AccessDenied(
    "KEY_IN_ADDRESS",
    "The address contains a key, and addresses may be logged",
    {
      status: 401,
      hint: "Send it as Authorization: Bearer …, or get a ticket for the stream from POST " +
        "/v1/tickets; rotate the key that was sent",
    },
  );
}

/** Returns the first value of a header. */
export function headerOf(headers: Caller["headers"], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function cookieOf(cookies: string, name: string): string | undefined {
  for (const cookie of cookies.split(";")) {
    const [key = "", value = ""] = cookie.trim().split("=");
    if (key === name && value !== "") return value;
  }
  return undefined;
}
