import { Problem } from "./problem.ts";

/** A request to a route of the gateway from within the process. */
export interface RestRequest {
  /** Default GET. */
  method?: "GET" | "POST";
  path: string;
  /** Undefined values are left out. */
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** JSON body. */
  body?: unknown;
}

/** JSON of an answer. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Calls a route as one caller, with its entitlements. Throws {@linkcode Problem} when the route
 * refuses, and whatever its handler throws.
 */
export type AskRoute = (request: RestRequest) => Promise<Json>;

/** Returns the query parameters of a request. */
export function queryOf({ query = {} }: RestRequest): URLSearchParams {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}

/** Returns the named list of an answer; empty when it has none. */
export function listIn(answer: Json, name: string): Json[] {
  const value = answer[name];
  return Array.isArray(value) ? value : [];
}

/** Returns a route's path for a symbol. Throws {@linkcode Problem} (404) for "", "." or "..". */
export function pathOf(start: string, name: string, end = ""): string {
  if (/^\.{0,2}$/.test(name)) {
    throw new Problem("UNKNOWN_SYMBOL", `There is no market "${name}"`, {
      status: 404,
      hint: "list_markets lists them",
    });
  }
  return `${start}/${encodeURIComponent(name)}${end}`;
}
