import { type AuthInfo, createMcpHandler } from "@modelcontextprotocol/server";
import { type Logger, messageOf } from "@ssmd/runtime";
import { type Access, publicAccess } from "../access/access.ts";
import { MCP_LIMITS } from "./limits.ts";
import { localBackend } from "./local_backend.ts";
import { mcpServer } from "./mcp_server.ts";
import type { Toolbox } from "./toolbox.ts";

/** Answers MCP requests of both eras; each by a server of its own with the caller's access. */
export interface McpHttp {
  fetch(request: Request, access: Access): Promise<Response>;
}

/** Opens the endpoint. Loads the protocol's library: import this file when it is first asked for. */
export function openMcpHttp(
  { toolbox, logger, version }: { toolbox: Toolbox; logger: Logger; version: string },
): McpHttp {
  const callers = new WeakMap<AuthInfo, { access: Access; program: string }>();
  const handler = createMcpHandler(({ authInfo }) => {
    const { access = publicAccess(), program } = (authInfo && callers.get(authInfo)) ?? {};
    return mcpServer(localBackend({ toolbox, logger, access }), version, program);
  }, {
    maxSubscriptions: MCP_LIMITS.subscriptionsMax,
    onerror: (error) => logger.debug("an MCP request was refused", { error: messageOf(error) }),
  });
  return {
    fetch: (request, access) => {
      const authInfo: AuthInfo = { token: "", clientId: access.client, scopes: [] };
      callers.set(authInfo, { access, program: request.headers.get("user-agent") ?? "" });
      return handler.fetch(request, { authInfo });
    },
  };
}
