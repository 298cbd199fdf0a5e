import { Problem } from "./problem.ts";

/** A request for a route of the gateway. */
export interface RestRequest {
  /** Default GET. */
  method?: "GET" | "POST";
  path: string;
  /** Values that are undefined are left out. */
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** JSON. */
  body?: unknown;
}

/** JSON of an answer. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Asks a route as one caller, with its entitlements. Throws {@linkcode Problem} for what the route
 * refuses, and whatever else its handler throws.
 */
export type AskRoute = (request: RestRequest) => Promise<Json>;

/** The query of a request as an address has it. */
export function queryOf({ query = {} }: RestRequest): URLSearchParams {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}

/** The named list of an answer. */
export function listIn(answer: Json, name: string): Json[] {
  const value = answer[name];
  return Array.isArray(value) ? value : [];
}

/** A route's path with a name of the caller in it. */
export function pathOf(start: string, name: string, end = ""): string {
  if (/^\.{0,2}$/.test(name)) {
    throw new Problem("UNKNOWN_SYMBOL", `There is no market "${name}"`, {
      status: 404,
      hint: "list_markets lists them",
    });
  }
  return `${start}/${encodeURIComponent(name)}${end}`;
}
