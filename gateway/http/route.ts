import type { AuditCategory } from "@ssmd/audit";
import type { z } from "zod";
import type { Access } from "../access/access.ts";
import type { Role } from "../access/role.ts";
import type { Reply } from "./reply.ts";

/** Methods that routes can have; HEAD and OPTIONS are derived from them. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Named parts of a path or query, each with its schema. */
export type Shape = Readonly<Record<string, z.ZodType>>;

type Values<S extends Shape> = { readonly [K in keyof S]: z.output<S[K]> };

/** A parsed and checked request. */
export interface RouteRequest<P extends Shape = Shape, Q extends Shape = Shape, B = unknown> {
  /** Named parts of the path, percent-decoded. */
  params: Values<P>;
  query: Values<Q>;
  /** JSON body, or its text (`rawBody`); undefined when the route takes none. */
  body: B;
  /** Identity and entitlements of the caller: other markets do not exist for it. */
  access: Access;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Remote address without a port; empty within the process. */
  address: string;
  /** Whether the request came over the gateway's own TLS. */
  isEncrypted: boolean;
}

/** An answer of a route. */
export interface RouteAnswer {
  /** Schema of the JSON; absent = `contentType` gives the type. */
  schema?: z.ZodType;
  /** Default application/json. */
  contentType?: string;
  /** Example; must fit the schema. */
  example?: unknown;
  /** Default "OK". */
  description?: string;
}

/** Answers of a route, by status. */
type Answers = Readonly<Record<number, RouteAnswer>>;

/** JSON type of any of a route's answers. */
type JsonOf<A extends Answers> = {
  [S in keyof A]: A[S] extends { schema: infer Z extends z.ZodType } ? z.output<Z> : unknown;
}[keyof A];

/**
 * A route: its parameters, its answers and the role it requires. Request checks, answer types and
 * the OpenAPI description all derive from it.
 */
interface RouteSpec<
  P extends Shape,
  Q extends Shape,
  B extends z.ZodType,
  A extends Answers = Answers,
> {
  /** Default GET. */
  method?: Method;
  /** Path with `{named}` parts. */
  path: string;
  /** Operation id: `listMarkets`. */
  id: string;
  /** One line. */
  summary: string;
  /** Further explanation. */
  description?: string;
  /** Tag of the description. */
  tag: string;
  /** Required role; default `viewer`. */
  role?: Role;
  /** Category of the change it makes: each call writes one audit event, done or refused. */
  changes?: AuditCategory;
  /** Whether it is a liveness probe, which is exempt from rate limits. */
  isProbe?: boolean;
  /** Example values of path parts: `{ symbol: "BTCUSD" }`. */
  examples?: Readonly<Record<string, string>>;
  params?: P;
  query?: Q;
  body?: B;
  /** Whether the handler gets the body as unparsed text. */
  rawBody?: boolean;
  /** Answers by status; default status 200. */
  answers: A;
  /** Whether the description omits it (files of the page). */
  hidden?: boolean;
  /** Handles a request. Throws {@linkcode Problem} when it cannot be answered. */
  handler: (
    request: RouteRequest<P, Q, z.output<B>>,
  ) => Reply<JsonOf<A>> | Promise<Reply<JsonOf<A>>>;
}

/** A route of any kind. */
export interface Route extends Omit<RouteSpec<Shape, Shape, z.ZodType>, "handler"> {
  method: Method;
  role: Role;
  params: Shape;
  query: Shape;
  handler: (request: RouteRequest) => Reply | Promise<Reply>;
}

/** Declares a route; the handler's types come from the schemas. */
export function route<
  const P extends Shape = Record<never, never>,
  const Q extends Shape = Record<never, never>,
  B extends z.ZodType = z.ZodUndefined,
  const A extends Answers = Answers,
>(spec: RouteSpec<P, Q, B, A>): Route {
  const { method = "GET", role = "viewer", params = {}, query = {} } = spec;
  // Safe: the router calls the handler with the output of these schemas.
  return { ...spec, method, role, params, query } as unknown as Route;
}
