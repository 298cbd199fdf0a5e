import {
  type AuthInfo,
  createMcpHandler,
  type McpServerFactory,
} from "@modelcontextprotocol/server";
import { type Logger, messageOf } from "@ssmd/runtime";
import { type Access, publicAccess } from "../access/access.ts";
import type { Method } from "../http/route.ts";
import { MCP_LIMITS } from "./limits.ts";
import { localBackend } from "./local_backend.ts";
import { mcpServer } from "./mcp_server.ts";
import { McpSessions } from "./mcp_sessions.ts";
import type { Toolbox } from "./toolbox.ts";

/** An MCP request received over HTTP. */
interface McpRequest {
  method: Method;
  headers: [name: string, value: string][];
  /** Body of POST; empty otherwise. */
  body: string;
}

/** Handles MCP requests of both protocol eras, each with a server that has the caller's access. */
export interface McpHttp {
  fetch(request: McpRequest, access: Access): Promise<Response>;
}

/** Creates the server of a request or session. */
export type McpServing = (
  ...args: Parameters<typeof mcpServer>
) => ReturnType<McpServerFactory>;

/** Options of {@linkcode openMcpHttp}. */
interface McpHttpOptions {
  toolbox: Toolbox;
  logger: Logger;
  version: string;
  mcpServer: McpServing | undefined;
}

/** Opens the endpoint. Loads the protocol's library: import this file on first use. */
export function openMcpHttp(
  { toolbox, logger, version, mcpServer: serve = mcpServer }: McpHttpOptions,
): McpHttp {
  const callers = new WeakMap<AuthInfo, { access: Access; program: string }>();
  const serverFor = (access: () => Access, program?: string) =>
    serve(localBackend({ toolbox, logger, access }), version, program);
  const sessions = new McpSessions((access) => serverFor(access));
  const handler = createMcpHandler(({ authInfo }) => {
    const { access = publicAccess(), program } = (authInfo && callers.get(authInfo)) ?? {};
    return serverFor(() => access, program);
  }, {
    maxSubscriptions: MCP_LIMITS.subscriptionsMax,
    onerror: (error) => logger.debug("an MCP request was refused", { error: messageOf(error) }),
  });
  return {
    fetch: async ({ method, headers, body }, access) => {
      // Parsed once for all consumers; the handler itself refuses invalid JSON.
      const parsedBody = method === "POST" ? parsed(body) : undefined;
      const isUnread = method === "POST" && parsedBody === undefined;
      const request = new Request("http://gateway/mcp", {
        ...{ method, headers },
        ...(isUnread ? { body } : {}),
      });
      const authInfo: AuthInfo = { token: "", clientId: access.client, scopes: [] };
      callers.set(authInfo, { access, program: request.headers.get("user-agent") ?? "" });
      const given = { authInfo, ...(parsedBody === undefined ? {} : { parsedBody }) };
      return await sessions.fetch(request, given, access) ?? await handler.fetch(request, given);
    },
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
