import { z } from "zod";
import type { Authenticator } from "../../access/authenticator.ts";
import { docsPage } from "../docs/docs_page.ts";
import { openApi } from "../../http/openapi.ts";
import { json, JSON_HEADERS } from "../../http/reply.ts";
import { type Route, route, type RouteRequest } from "../../http/route.ts";
import { StaticBody } from "../../http/static_body.ts";
import { INDEX } from "../schemas/service.ts";

/** Data of the index. */
interface IndexSource {
  env: string;
  version: string;
  mode: Authenticator["mode"];
  /** All other routes. */
  routes: readonly Route[];
}

const HINTS = [
  "Begin with /v1/markets; a market's own answer has _links and _hints that lead on.",
  "Everything is described at /openapi.json (REST) and /asyncapi.json (stream), for people at /docs.",
  "For live data do not poll: open the WebSocket /v1/stream?symbols=BTCUSD.",
];

/** Returns the routes of the index, the OpenAPI description and the documentation page. */
export function indexRoutes(source: IndexSource): Route[] {
  const own: Route[] = [
    indexRoute(source, () => all),
    openApiRoute(source, () => all),
    docsRoute(source, () => all),
  ];
  const all = [...own, ...source.routes];
  return own;
}

function indexRoute({ env, version, mode }: IndexSource, all: () => readonly Route[]): Route {
  return route({
    path: "/v1",
    id: "getIndex",
    tag: "Service",
    summary: "Lists all routes with links, as an entry point for programs",
    answers: { 200: { schema: INDEX, example: exampleIndex(version) } },
    handler: () =>
      json({
        name: "ssmd gateway",
        env,
        version,
        now: Date.now(),
        auth: mode,
        routes: all().filter(({ hidden }) => !hidden).map(lineOf),
        _links: {
          openapi: "/openapi.json",
          asyncapi: "/asyncapi.json",
          docs: "/docs",
          markets: "/v1/markets",
          stream: "/v1/stream",
          health: "/health",
        },
        _hints: HINTS,
      }),
  });
}

function lineOf({ method, path, summary, query }: Route) {
  return { method, path, summary, parameters: Object.keys(query) };
}

function exampleIndex(version: string) {
  return {
    name: "ssmd gateway",
    env: "demo",
    version,
    now: 1795572000123.456,
    auth: "open",
    routes: [{
      method: "GET",
      path: "/v1/feeds",
      summary: "Feeds and how they are",
      parameters: [],
    }],
    _links: { docs: "/docs" },
    _hints: HINTS,
  };
}

function openApiRoute({ version, mode }: IndexSource, all: () => readonly Route[]): Route {
  let body: StaticBody | undefined;
  return route({
    path: "/openapi.json",
    id: "getOpenApi",
    tag: "Service",
    role: "public",
    summary: "Returns this description (OpenAPI 3.1)",
    answers: { 200: { schema: z.looseObject({ openapi: z.string() }) } },
    handler: ({ headers }) => {
      const text = () => JSON.stringify(openApi(all(), version, mode === "required"));
      return (body ??= new StaticBody(text(), JSON_HEADERS)).reply(headers);
    },
  });
}

const DOCS_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** Origins whose documentation page is cached; the oldest is evicted. */
const DOCS_ORIGINS_MAX = 8;

/** Returns the origin of a request, from its headers. */
function originOf(headers: RouteRequest["headers"]): string {
  const { host } = headers;
  const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http";
  const named = typeof host === "string" && /^[\w.:[\]-]{1,255}$/.test(host);
  return `${scheme}://${named ? host : "127.0.0.1:8080"}`;
}

function docsRoute({ env, version, mode }: IndexSource, all: () => readonly Route[]): Route {
  // One page per origin.
  const bodies = new Map<string, StaticBody>();
  const bodyOf = (origin: string): StaticBody => {
    let body = bodies.get(origin);
    if (body === undefined) {
      const page = docsPage(openApi(all(), version, mode === "required"), { env, origin });
      body = new StaticBody(page, DOCS_HEADERS);
      if (bodies.size >= DOCS_ORIGINS_MAX) bodies.delete(bodies.keys().next().value as string);
      bodies.set(origin, body);
    }
    return body;
  };
  return route({
    path: "/docs",
    id: "getDocs",
    tag: "Service",
    role: "public",
    summary: "Shows this description as a web page",
    answers: { 200: { contentType: "text/html" } },
    handler: ({ headers }) => bodyOf(originOf(headers)).reply(headers),
  });
}
