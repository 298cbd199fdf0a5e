import { SIGN_IN_COOKIE, signInTokenOf } from "../../access/credential.ts";
import type { Authenticator } from "../../access/authenticator.ts";
import { ACCESS_LIMITS } from "../../access/limits.ts";
import { json, type Reply, uncached } from "../../http/reply.ts";
import { type Route, route, type RouteRequest } from "../../http/route.ts";
import { SIGNED_IN, SIGNED_OUT, TICKET } from "../schemas/sign_in.ts";
import { SIGN_IN_SCRIPT_PATH, signInPage, signInScript } from "../../http/sign_in_page.ts";

/** Routes of browser sessions (a cookie for the own page) and tickets (for other pages). */
export function signInRoutes(authenticator: Authenticator): Route[] {
  return [
    ticketRoute(authenticator),
    signInRoute(authenticator),
    signOutRoute(authenticator),
    ...pageRoutes(),
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
    summary: "A ticket that opens one stream",
    description:
      `A WebSocket of a browser can send no header. Its page asks here with the key in a ` +
      `header, and opens the stream with \`?ticket=\` within ${seconds} seconds. A ticket holds ` +
      "once; a key in an address is refused.",
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
    summary: "Signs a browser in: the key once in a header, a cookie from then on",
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
    handler: (request) => {
      const token = signInTokenOf(request.headers);
      if (token !== undefined) authenticator.signOut(token);
      return uncached(json({ signed_in: false as const }), {
        "set-cookie": cookieOf("", 0, request),
      });
    },
  });
}

function pageRoutes(): Route[] {
  const page = (path: string, handler: () => Reply, contentType: string) =>
    route({
      ...{ path, handler, id: `page:${path}`, tag: "Page", summary: path, role: "public" },
      hidden: true,
      answers: { 200: { contentType } },
    });
  return [
    page("/sign-in", () => signInPage(200), "text/html"),
    page(SIGN_IN_SCRIPT_PATH, signInScript, "text/javascript"),
  ];
}

/** No script reads it, no page of another site sends it, and behind TLS it never goes without. */
function cookieOf(
  token: string,
  seconds: number,
  { headers, isEncrypted }: Pick<RouteRequest, "headers" | "isEncrypted">,
): string {
  const secure = isEncrypted || headers["x-forwarded-proto"] === "https" ? "; Secure" : "";
  return `${SIGN_IN_COOKIE}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}
