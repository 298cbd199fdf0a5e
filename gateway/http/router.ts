import { nearest } from "@ssmd/runtime";
import { Parameters } from "./parameters.ts";
import { Problem } from "./problem.ts";
import type { Method, Route } from "./route.ts";

/** A route with its parameter checks. */
interface Endpoint {
  readonly route: Route;
  readonly params: Parameters;
  readonly query: Parameters;
}

/** All routes of one path. */
interface PathEntry {
  segments: readonly string[];
  byMethod: ReadonlyMap<Method, Endpoint>;
  /** Value of the Allow header: `GET, HEAD, OPTIONS`. */
  allow: string;
}

/** Routes that match a path. */
interface Found {
  /** Raw named parts of the path. */
  params: Record<string, string>;
  byMethod: ReadonlyMap<Method, Endpoint>;
  allow: string;
}

/** Finds routes by path. */
export class Router {
  #fixed = new Map<string, PathEntry>();
  #named: PathEntry[] = [];
  #paths: string[];

  constructor(routes: readonly Route[]) {
    for (const [path, group] of Map.groupBy(routes, (route) => route.path)) {
      const byMethod = new Map(group.map((route) => [route.method, prepared(route)]));
      const allow = [...byMethod.keys(), ...(byMethod.has("GET") ? ["HEAD"] : []), "OPTIONS"];
      const entry = { segments: path.split("/"), byMethod, allow: allow.join(", ") };
      if (path.includes("{")) this.#named.push(entry);
      else this.#fixed.set(path, entry);
    }
    this.#paths = routes.filter(({ hidden }) => !hidden).map(({ path }) => path);
  }

  /** Returns the routes of a path. Throws {@linkcode Problem} (400, 404). */
  find(path: string): Found {
    const fixed = this.#fixed.get(path);
    if (fixed !== undefined) return { ...fixed, params: {} };
    const parts = path.split("/");
    for (const entry of this.#named) {
      if (!isMatch(entry.segments, parts)) continue;
      return { ...entry, params: paramsOf(entry.segments, parts) };
    }
    throw this.#unknown(path);
  }

  #unknown(path: string): Problem {
    const shown = path.slice(0, 128);
    const near = nearest(shown, this.#paths);
    const meant = near === undefined ? "" : `Did you mean ${near}? `;
    return new Problem("UNKNOWN_ROUTE", "There is nothing at this address", {
      status: 404,
      hint: `${meant}all routes are at /v1 and /docs; the stream is a WebSocket at /v1/stream`,
    });
  }
}

/** Returns the endpoint of a method; HEAD uses that of GET. Throws {@linkcode Problem} (405). */
export function endpointOf({ byMethod, allow }: Found, method: string): Endpoint {
  const endpoint = byMethod.get((method === "HEAD" ? "GET" : method) as Method);
  if (endpoint !== undefined) return endpoint;
  throw new Problem("METHOD_NOT_ALLOWED", `${method} is not answered here`, {
    status: 405,
    hint: `Allowed here: ${allow}`,
    headers: { allow },
  });
}

/** Checks are built at the first request: their JSON Schemas take a while for all routes. */
function prepared(route: Route): Endpoint {
  let params: Parameters | undefined;
  let query: Parameters | undefined;
  return {
    route,
    get params() {
      return params ??= new Parameters(route.params);
    },
    get query() {
      return query ??= new Parameters(route.query);
    },
  };
}

function isMatch(segments: readonly string[], parts: readonly string[]): boolean {
  if (segments.length !== parts.length) return false;
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] as string;
    if (segment.startsWith("{") ? parts[i] === "" : segment !== parts[i]) return false;
  }
  return true;
}

function paramsOf(segments: readonly string[], parts: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] as string;
    if (segment.startsWith("{")) params[segment.slice(1, -1)] = decoded(parts[i] as string);
  }
  return params;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Problem("INVALID_PATH", "The address holds a % that is no percent-encoding", {
      status: 400,
      hint: "Write % as %25",
    });
  }
}
