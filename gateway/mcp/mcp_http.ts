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

/** A request as it came over HTTP. */
interface McpRequest {
  method: Method;
  headers: [name: string, value: string][];
  /** Of POST. */
  body: string;
}

/** Answers MCP requests of both eras; each by a server of its own with the caller's access. */
export interface McpHttp {
  fetch(request: McpRequest, access: Access): Promise<Response>;
}

/** Makes the server of a request or session. */
export type McpServing = (
  ...args: Parameters<typeof mcpServer>
) => ReturnType<McpServerFactory>;

/** What the endpoint serves. */
interface McpHttpOptions {
  toolbox: Toolbox;
  logger: Logger;
  version: string;
  mcpServer: McpServing | undefined;
}

/** Opens the endpoint. Loads the protocol's library: import this file when it is first asked for. */
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
      // Once for all who look into it; what is no JSON is read and refused by the handler.
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
