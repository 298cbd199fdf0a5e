import { z } from "zod";
import { KEPT_SIGN_IN_COOKIE, SIGN_IN_COOKIE, signInTokenOf } from "../../access/credential.ts";
import type { Authenticator } from "../../access/authenticator.ts";
import { ACCESS_LIMITS, TOKEN_LIMITS } from "../../access/limits.ts";
import { Problem } from "../../http/problem.ts";
import { json, type Reply, uncached } from "../../http/reply.ts";
import { type Route, route, type RouteRequest } from "../../http/route.ts";
import { SIGNED_IN, SIGNED_OUT, TICKET } from "../schemas/sign_in.ts";
import {
  ISSUER_SIGN_IN_PATH,
  SIGN_IN_SCRIPT_PATH,
  signedInPage,
  signInPage,
  signInScript,
} from "../../http/sign_in_page.ts";

/** Returns the routes of browser sessions (cookie, own page) and tickets (other pages). */
export function signInRoutes(authenticator: Authenticator): Route[] {
  return [
    ticketRoute(authenticator),
    signInRoute(authenticator),
    signOutRoute(authenticator),
    issuerRoute(authenticator),
    callbackRoute(authenticator),
    ...pageRoutes(authenticator),
  ];
}

function ticketRoute(authenticator: Authenticator): Route {
  const seconds = ACCESS_LIMITS.ticketMs / 1000;
  const example = { ticket: "4fX…", stream: "/v1/stream?ticket=4fX…", expires_in_s: seconds };
  return route({
    method: "POST",
    path: "/v1/tickets",
    id: "createTicket",
    tag: "Access",
    changes: "client-actions",
    summary: "Creates a ticket that opens one stream",
    description:
      "A browser's WebSocket cannot send headers. The page sends the key in a header to this " +
      `route, and opens the stream with \`?ticket=\` within ${seconds} seconds. A ticket can ` +
      "be used once; a key in an address is refused.",
    answers: { 200: { schema: TICKET, example } },
    handler: ({ access }) => {
      const ticket = authenticator.newTicket(access);
      return uncached(
        json({ ticket, stream: `/v1/stream?ticket=${ticket}`, expires_in_s: seconds }),
      );
    },
  });
}

function signInRoute(authenticator: Authenticator): Route {
  const seconds = ACCESS_LIMITS.browserSessionMs / 1000;
  return route({
    method: "POST",
    path: "/v1/sign-in",
    id: "signIn",
    tag: "Access",
    changes: "client-actions",
    summary: "Signs a browser in: a key in a header is exchanged for a cookie",
    answers: {
      200: {
        schema: SIGNED_IN,
        example: { client: "desk", role: "viewer", expires_in_s: seconds },
      },
    },
    handler: ({ access, ...request }) => {
      const value = { client: access.client, role: access.role, expires_in_s: seconds };
      const cookie = cookieOf(authenticator.signIn(access), seconds, request);
      return uncached(json(value), { "set-cookie": cookie });
    },
  });
}

function signOutRoute(authenticator: Authenticator): Route {
  return route({
    method: "POST",
    path: "/v1/sign-out",
    id: "signOut",
    tag: "Access",
    role: "public",
    changes: "client-actions",
    summary: "Ends the sign-in of a browser",
    answers: { 200: { schema: SIGNED_OUT, example: { signed_in: false } } },
    handler: async (request) => {
      const token = signInTokenOf(request.headers);
      const address = token === undefined ? undefined : await authenticator.signOut(token);
      const answer = {
        signed_in: false as const,
        ...address === undefined ? {} : { issuer_sign_out: address },
      };
      return uncached(json(answer), { "set-cookie": cookieOf("", 0, request) });
    },
  });
}

/** Redirects a browser to the issuer. */
function issuerRoute({ issuerSignIn }: Authenticator): Route {
  return route({
    ...{ path: ISSUER_SIGN_IN_PATH, id: "beginIssuerSignIn", tag: "Page", role: "public" },
    ...{ hidden: true, summary: "Redirects a browser to the issuer" },
    answers: { 302: { contentType: "text/plain" } },
    handler: (request) => {
      if (issuerSignIn === undefined) throw unconfigured();
      const { address, kept } = issuerSignIn.begin();
      const cookie = { ...KEPT_COOKIE, value: kept, seconds: TOKEN_LIMITS.signInS };
      const headers = { location: address, "set-cookie": cookieText(cookie, request) };
      return uncached({ status: 302, headers, body: "" });
    },
  });
}

/** Handles the issuer's redirect back. */
function callbackRoute({ issuerSignIn }: Authenticator): Route {
  const text = z.string().max(ISSUER_TEXT_MAX).optional();
  return route({
    ...{ path: "/sign-in/callback", id: "signInByIssuer", tag: "Access", role: "public" },
    ...{ hidden: true, summary: "Signs in a browser that returns from the issuer" },
    changes: "client-actions",
    query: {
      ...{ code: text, state: text, iss: text, session_state: text, scope: text },
      ...{ error: text, error_description: text, error_uri: text },
    },
    answers: { 200: { contentType: "text/html" } },
    handler: async (request) => {
      if (issuerSignIn === undefined) throw unconfigured();
      const { query, headers, address } = request;
      const given = Object.entries(query).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value]] : []
      );
      const caller = { headers, address, query: new URLSearchParams(given), method: "GET" };
      const { access, token } = await issuerSignIn.finish({
        ...{ ...caller, what: "/sign-in/callback" },
      });
      const seconds = ACCESS_LIMITS.browserSessionMs / 1000;
      const cookie = cookieOf(token, seconds, request);
      return { ...uncached(signedInPage(), { "set-cookie": cookie }), signedIn: access.client };
    },
  });
}

function pageRoutes({ issuerSignIn }: Authenticator): Route[] {
  const page = (path: string, handler: () => Reply, contentType: string) =>
    route({
      ...{ path, handler, id: `page:${path}`, tag: "Page", summary: path, role: "public" },
      hidden: true,
      answers: { 200: { contentType } },
    });
  return [
    page("/sign-in", () => signInPage(200, { issuer: issuerSignIn?.host }), "text/html"),
    page(SIGN_IN_SCRIPT_PATH, signInScript, "text/javascript"),
  ];
}

function unconfigured(): Problem {
  return new Problem("SIGN_IN_UNCONFIGURED", "This gateway has no sign-in at an issuer", {
    status: 404,
    hint: "Sign in with a key; whoever runs the gateway sets gateway.oidc.sign_in",
  });
}

/** Longest parameter accepted from an issuer, characters. */
const ISSUER_TEXT_MAX = 4096;
/** Sent on the redirect back from the issuer (Lax), and to no other path. */
const KEPT_COOKIE = { name: KEPT_SIGN_IN_COOKIE, path: "/sign-in", sameSite: "Lax" } as const;

/** Returns the session cookie, which pages of other sites never send. */
function cookieOf(token: string, seconds: number, request: CookieRequest): string {
  const strict = { name: SIGN_IN_COOKIE, path: "/", sameSite: "Strict" } as const;
  return cookieText({ ...strict, value: token, seconds }, request);
}

type CookieRequest = Pick<RouteRequest, "headers" | "isEncrypted">;

interface Cookie {
  name: string;
  value: string;
  path: string;
  /** Lifetime of the cookie. */
  seconds: number;
  sameSite: "Strict" | "Lax";
}

/** Returns a cookie that scripts cannot read; Secure when the connection uses TLS. */
function cookieText(
  { name, value, path, seconds, sameSite }: Cookie,
  { headers, isEncrypted }: CookieRequest,
): string {
  const secure = isEncrypted || headers["x-forwarded-proto"] === "https" ? "; Secure" : "";
  const kept = `Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=${sameSite}`;
  return `${name}=${value}; ${kept}${secure}`;
}
