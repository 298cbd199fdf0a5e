import {
  type AuthInfo,
  createMcpHandler,
  type McpServerFactory,
} from "@modelcontextprotocol/server";
import { type Logger, messageOf } from "@ssmd/runtime";
import { type Access, publicAccess } from "../access/access.ts";
import { MCP_LIMITS } from "./limits.ts";
import { localBackend } from "./local_backend.ts";
import { mcpServer } from "./mcp_server.ts";
import { McpSessions } from "./mcp_sessions.ts";
import type { Toolbox } from "./toolbox.ts";

/** Answers MCP requests of both eras; each by a server of its own with the caller's access. */
export interface McpHttp {
  fetch(request: Request, access: Access): Promise<Response>;
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
    fetch: async (request, access) => {
      const authInfo: AuthInfo = { token: "", clientId: access.client, scopes: [] };
      callers.set(authInfo, { access, program: request.headers.get("user-agent") ?? "" });
      // Once for all who look into it; what is no JSON is refused by the handler.
      const parsedBody = await request.clone().json().catch(() => undefined);
      const given = { authInfo, ...(parsedBody === undefined ? {} : { parsedBody }) };
      return await sessions.fetch(request, given, access) ?? await handler.fetch(request, given);
    },
  };
}
