import { z } from "zod";
import { PROBLEM_TITLES } from "./problem.ts";
import type { Route, RouteAnswer, Shape } from "./route.ts";
import { NAMED } from "./named.ts";

type Json = Record<string, unknown>;

/** Descriptions of the tags. */
const TAGS: readonly { name: string; description: string }[] = [
  { name: "Markets", description: "Markets as they are now." },
  { name: "History", description: "Records and candles: memory and archive by the same call." },
  { name: "Metadata", description: "What is configured, and what the archive holds." },
  { name: "Instruments", description: "What is traded, and how feeds name it, by two clocks." },
  { name: "Service", description: "The gateway itself." },
  { name: "Administration", description: "For administrators: hands on what is connected." },
];

const INTRODUCTION =
  "Live and archived market data. Every change is also on a WebSocket at /v1/stream, described at " +
  "/asyncapi.json. Times are milliseconds since 1970 (UTC) with microseconds as decimals; absent " +
  "values are null, never 0. Errors are application/problem+json with a `code` for programs and a " +
  "`hint` for people. Lists are paged with `limit` and an opaque `cursor`.";

/**
 * Returns the OpenAPI 3.1 description of routes, derived from the schemas that check their
 * requests. `keys` = whether callers need a key.
 */
export function openApi(routes: readonly Route[], version: string, keys: boolean): Json {
  const shown = routes.filter(({ hidden }) => !hidden);
  const used = new Set(shown.map(({ tag }) => tag));
  const known = TAGS.filter(({ name }) => used.has(name));
  const others = [...used].filter((tag) => !TAGS.some(({ name }) => name === tag))
    .map((name) => ({ name }));
  return {
    openapi: "3.1.0",
    info: {
      title: "ssmd gateway",
      version,
      description: INTRODUCTION,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: [...known, ...others],
    ...(keys ? { security: [{ bearer: [] }, { apiKey: [] }] } : {}),
    paths: pathsOf(shown, keys),
    components: {
      schemas: namedSchemas(),
      ...(keys ? { securitySchemes: SECURITY_SCHEMES } : {}),
    },
  };
}

const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", description: "An API key, ssmd_…" },
  apiKey: { type: "apiKey", in: "header", name: "x-api-key", description: "An API key, ssmd_…" },
};

function pathsOf(routes: readonly Route[], keys: boolean): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route, keys);
  }
  return paths;
}

function operationOf(route: Route, keys: boolean): Json {
  const { id, tag, summary, description, params, query, body, answers, examples, role } = route;
  const responses: Json = Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]),
  );
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(role === "viewer" ? {} : { "x-role": role }),
    ...(keys && role === "public" ? { security: [{}] } : {}),
    parameters: [
      ...parametersOf(params, "path", examples),
      ...parametersOf(query, "query", examples),
    ],
    ...(body === undefined ? {} : {
      requestBody: { required: true, content: { "application/json": { schema: inputOf(body) } } },
    }),
    responses: {
      ...responses,
      "304": { description: "Not Modified: the client has it (If-None-Match)." },
      default: PROBLEM_RESPONSE,
    },
  };
}

const PROBLEM_RESPONSE = {
  description: `What is wrong and what to do: ${
    Object.entries(PROBLEM_TITLES).map(([status, title]) => `${status} ${title}`).join(", ")
  }`,
  content: { "application/problem+json": { schema: { $ref: refOf("Problem") } } },
};

function responseOf({ schema, contentType, example, description = "OK" }: RouteAnswer): Json {
  if (schema === undefined && contentType === undefined) return { description };
  const content = {
    ...(schema === undefined ? { schema: { type: "string" } } : { schema: outputOf(schema) }),
    ...(example === undefined ? {} : { example }),
  };
  return { description, content: { [contentType ?? "application/json"]: content } };
}

function parametersOf(
  shape: Shape,
  location: "path" | "query",
  examples: Route["examples"],
): Json[] {
  return Object.entries(shape).map(([name, schema]) => {
    const { description, examples: own, ...rest } = inputOf(schema);
    const given = examples?.[name];
    const example = given === undefined
      ? (own as unknown[] | undefined)?.[0]
      : rest["type"] === "integer"
      ? Number(given)
      : given;
    const isRequired = location === "path" || !schema.safeParse(undefined).success;
    return {
      name,
      in: location,
      required: isRequired,
      ...(description === undefined ? {} : { description }),
      schema: rest,
      ...(rest["type"] === "array" ? { style: "form", explode: false } : {}),
      ...(example === undefined ? {} : { example }),
    };
  });
}

function inputOf(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" }) as Json;
  return rest;
}

function outputOf(schema: z.ZodType): Json {
  const naming = NAMED.get(schema);
  if (naming !== undefined) return { $ref: refOf(naming.id) };
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "output" }) as Json;
  return rest;
}

function refOf(id: string): string {
  return `#/components/schemas/${id}`;
}

function namedSchemas(): Json {
  const { schemas } = z.toJSONSchema(NAMED, { uri: refOf, io: "output" });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
}
