import { StorageError } from "@ssmd/runtime";
import type { Reply } from "../../http/reply.ts";
import { StaticBody } from "../../http/static_body.ts";
import { type Route, route, type RouteRequest } from "../../http/route.ts";

/** Files of the live page with their paths and content types. */
const FILES = [
  { path: "/", name: "index.html", type: "text/html; charset=utf-8" },
  { path: "/app.js", name: "app.js", type: "text/javascript; charset=utf-8" },
  { path: "/sw.js", name: "sw.js", type: "text/javascript; charset=utf-8" },
  { path: "/app.css", name: "app.css", type: "text/css; charset=utf-8" },
  { path: "/icon.svg", name: "icon.svg", type: "image/svg+xml" },
] as const;

const PAGE_HEADERS = {
  "cache-control": "no-cache",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy":
    "default-src 'self'; connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; " +
    "img-src 'self' data:; frame-ancestors 'none'",
};

/** Returns the routes of the live page's files, loaded on first request and then cached. */
export function pageRoutes(): Route[] {
  return FILES.map(({ path, name, type }) => {
    let file: StaticBody | undefined;
    const handler = async ({ headers }: Pick<RouteRequest, "headers">): Promise<Reply> => {
      file ??= new StaticBody(await load(name), { ...PAGE_HEADERS, "content-type": type });
      return file.reply(headers);
    };
    return route({
      ...{ path, handler, id: `page:${name}`, tag: "Page", summary: name },
      hidden: true,
      answers: { 200: { contentType: type } },
    });
  });
}

async function load(name: string): Promise<Uint8Array> {
  const url = new URL(`../../page/dist/${name}`, import.meta.url);
  try {
    return await Deno.readFile(url);
  } catch (cause) {
    throw new StorageError("PAGE_MISSING", `The page's file ${name} cannot be read`, {
      cause,
      hint: "Build it with gateway/page/build.ts, or include gateway/page/dist when compiling",
    });
  }
}
