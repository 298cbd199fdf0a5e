import type { Logger } from "@ssmd/runtime";
import { z } from "zod";
import { AccessDenied } from "../access/access_denied.ts";
import type { Authenticator } from "../access/authenticator.ts";
import { headerOf, isFromOtherOrigin } from "../access/credential.ts";
import { Problem, shorten } from "../http/problem.ts";
import { json, rawJson, type Reply, uncached } from "../http/reply.ts";
import { type Method, type Route, route, type RouteRequest } from "../http/route.ts";
import type { McpHttp, McpServing } from "./mcp_http.ts";
import { RESOURCE_TEMPLATES, RESOURCES } from "./resources.ts";
import { TOOL_CLIENT, type ToolCaller } from "./tool_clients.ts";
import type { Toolbox } from "./toolbox.ts";
import { TOOLS } from "./tools/index.ts";

/** Answers are short: compressing one costs more than sending it. */
const UNPACKED = { "content-encoding": "identity" } as const;

/** Dependencies of the tool routes. */
interface ToolSource {
  toolbox: Toolbox;
  mode: Authenticator["mode"];
  logger: Logger;
  version: string;
  mcpServer: McpServing | undefined;
}

const ANSWER = z.looseObject({
  data: z.looseObject({}),
  as_of: z.string(),
  age_ms: z.number().nullable().describe("Age of the newest record in it."),
  condition: z.string().describe("How good the data is."),
});

const ANSWER_EXAMPLE = {
  data: { markets: [], total: 0 },
  as_of: "2026-11-28T10:00:00.000000Z",
  age_ms: null,
  condition: "empty",
};

/** Returns the routes of tools: MCP at `/mcp`, and one route per tool. */
export function toolRoutes(source: ToolSource): Route[] {
  return [...mcpRoutes(source), list(), call(source), resource(source), clients(source)];
}

function mcpRoutes(source: ToolSource): Route[] {
  let endpoint: Promise<McpHttp> | undefined;
  const answer = async (method: Method, request: RouteRequest): Promise<Reply<never>> => {
    if (source.mode === "required") assertOwnOrigin(request.headers);
    endpoint ??= import("./mcp_http.ts").then(({ openMcpHttp }) => openMcpHttp(source));
    const { access, headers, body } = request;
    const given = Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value] as [string, string]] : []
    );
    const response = await (await endpoint).fetch(
      {
        method,
        headers: given.filter(([name]) => name !== "content-length"),
        body: method === "POST" ? body as string : "",
      },
      access,
    );
    return uncached({
      status: response.status,
      headers: { ...Object.fromEntries(response.headers), ...UNPACKED },
      body: isEventStream(response) ? response.body ?? "" : await response.text(),
    });
  };
  return (["POST", "GET", "DELETE"] as const).map((method) =>
    route({
      ...{
        method,
        path: "/mcp",
        tag: "Tools",
        id: `mcp${method[0]}${method.slice(1).toLowerCase()}`,
      },
      summary: "Model Context Protocol over HTTP (2026-07-28 and 2025-11-25)",
      ...(method === "POST" ? { rawBody: true } : { hidden: true }),
      answers: { 200: { description: "A JSON-RPC message", contentType: "application/json" } },
      handler: (request) => answer(method, request),
    })
  );
}

function isEventStream({ headers }: Response): boolean {
  return (headers.get("content-type") ?? "").startsWith("text/event-stream");
}

/** Refuses foreign pages in key mode: they may read REST with a key, but not call tools. */
function assertOwnOrigin(headers: RouteRequest["headers"]): void {
  const caller = { headers, query: new URLSearchParams(), method: "POST", address: "" };
  if (!isFromOtherOrigin(caller)) return;
  throw new AccessDenied("FOREIGN_ORIGIN", "A page of another origin asks", {
    status: 403,
    hint: "Call tools from a program, not from a page",
  });
}

function list(): Route {
  return route({
    ...{ path: "/v1/tools", id: "listTools", tag: "Tools" },
    summary: "Lists tools and resources for agents, in the format of MCP",
    answers: {
      200: {
        schema: z.strictObject({
          tools: z.array(z.looseObject({ name: z.string(), description: z.string() })),
          resources: z.array(z.looseObject({ name: z.string() })),
        }),
      },
    },
    handler: () =>
      json({
        tools: [...TOOLS.values()].map(({ info }) => ({ ...info })),
        resources: [...RESOURCES, ...RESOURCE_TEMPLATES].map((each) => ({ ...each })),
      }),
  });
}

function call({ toolbox }: ToolSource): Route {
  return route({
    ...{ method: "POST", path: "/v1/tools/{name}", id: "callTool", tag: "Tools" },
    summary: "Calls a tool, as in MCP, with its arguments as the body",
    params: { name: z.string().min(1).max(64) },
    examples: { name: "list_markets" },
    body: z.looseObject({}),
    answers: { 200: { schema: ANSWER, example: ANSWER_EXAMPLE } },
    handler: async ({ params: { name }, body, access, headers }) => {
      const context = { access, caller: callerOf(access.client, headers) };
      return uncached(rawJson(await toolbox.call(name, body, context)), UNPACKED);
    },
  });
}

function resource({ toolbox }: ToolSource): Route {
  return route({
    ...{ path: "/v1/resource", id: "readResource", tag: "Tools" },
    summary: "Reads a resource, as in MCP",
    query: { uri: z.string().min(1).max(512).default("ssmd://status") },
    answers: { 200: { schema: ANSWER, example: ANSWER_EXAMPLE } },
    handler: async ({ query: { uri }, access, headers }) => {
      const context = { access, caller: callerOf(access.client, headers) };
      const text = await toolbox.read(uri, context);
      if (text !== undefined) return uncached(rawJson(text));
      throw new Problem("UNKNOWN_RESOURCE", `There is no resource "${shorten(uri)}"`, {
        status: 404,
        hint: "/v1/tools lists them",
      });
    },
  });
}

/** Returns the caller; a proxy (`ssmd mcp serve`) names its program in a header. */
function callerOf(client: string, headers: RouteRequest["headers"]): ToolCaller {
  const named = headerOf(headers, "x-ssmd-program");
  if (named !== undefined) return { client, program: named.slice(0, 64), transport: "stdio" };
  const agent = headerOf(headers, "user-agent") ?? "unknown";
  return { client, program: agent.slice(0, 64), transport: "rest" };
}

function clients({ toolbox }: ToolSource): Route {
  return route({
    ...{ path: "/v1/admin/tool-clients", id: "listToolClients", tag: "Administration" },
    role: "operator",
    summary: "Lists clients that called tools since the start, latest call first",
    answers: { 200: { schema: z.strictObject({ clients: z.array(TOOL_CLIENT) }) } },
    handler: () => json({ clients: toolbox.clients.list() }),
  });
}
