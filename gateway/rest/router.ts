import type { Role } from "../access/access.ts";
import { Problem } from "./problem.ts";
import type { Handler, Reply } from "./reply.ts";

/** A route: `GET` on a path with `{named}` parts. */
export interface Route {
  path: string;
  /** Default GET. */
  method?: "GET" | "POST";
  /** Who may ask; default `client`. */
  role?: Role;
  handler: Handler;
}

/** Finds the route of a path and asks its handler. */
export class Router {
  #routes: { segments: string[]; route: Route }[];
  #paths: string[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ segments: route.path.split("/"), route }));
    this.#paths = routes.map((route) => route.path);
  }

  /** Answers `GET target`. Throws {@linkcode Problem}. */
  async answer(
    target: string,
    headers: Record<string, string | string[] | undefined>,
    method: string,
    admit: (query: URLSearchParams, role: Role) => Promise<unknown>,
  ): Promise<Reply> {
    const [path = "/", search = ""] = split(target);
    for (const { segments, route } of this.#routes) {
      const params = match(segments, path.split("/"));
      if (params === undefined) continue;
      const allowed = route.method ?? "GET";
      if ((method === "HEAD" ? "GET" : method) !== allowed) {
        const hint = `use ${allowed}`;
        throw new Problem(405, "METHOD_NOT_ALLOWED", `${method} is not answered here`, hint);
      }
      const query = new URLSearchParams(search);
      if (route.role === "admin") await admit(query, route.role);
      return await route.handler({ params, query, headers });
    }
    throw new Problem(
      404,
      "UNKNOWN_ROUTE",
      "there is nothing at this address",
      `routes: ${this.#paths.join(", ")}; the stream is a WebSocket at /v1/stream`,
    );
  }
}

function split(target: string): [string, string] {
  const mark = target.indexOf("?");
  return mark < 0 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}

function match(segments: readonly string[], parts: readonly string[]) {
  if (segments.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] as string;
    const part = parts[i] as string;
    if (segment.startsWith("{")) {
      if (part === "") return undefined;
      params[segment.slice(1, -1)] = decoded(part);
    } else if (segment !== part) return undefined;
  }
  return params;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Problem(
      400,
      "INVALID_PATH",
      "the address holds a % that is no percent-encoding",
      "write % as %25",
    );
  }
}
