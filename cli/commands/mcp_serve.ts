import { GATEWAY_FLAGS, gatewayUrl, keyHeader } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "mcp serve",
  brief: "Serve the tools for agents (MCP) over stdin and stdout",
  description:
    "For programs that start MCP servers as processes: Claude Code, Cursor, or your own " +
    "client. Sends all requests to the gateway, and has access to nothing else. If the " +
    "gateway requires keys, set SSMD_API_KEY. Ends when stdin closes. Programs that use MCP " +
    "over HTTP need no separate server: the gateway serves /mcp.",
  shippedRegistry: true,
  examples: ["ssmd mcp serve < /dev/null"],
  flags: GATEWAY_FLAGS,
  async run({ flags, context }) {
    const url = flags.url ?? await gatewayUrl(context.globals, flags);
    const headers = keyHeader();
    const { mcpServer, remoteBackend } = await import("@ssmd/gateway/mcp");
    const { serveStdio, StdioServerTransport } = await import("@modelcontextprotocol/server/stdio");
    const { VERSION } = await import("@ssmd/runtime/build");
    await keepOnly(new URL(url).hostname);
    const backend = remoteBackend({ url, headers });
    const transport = new StdioServerTransport();
    const handle = serveStdio(() => mcpServer(backend, VERSION), { transport });
    await new Promise<void>((resolve) => {
      const { onclose } = transport;
      transport.onclose = () => {
        onclose?.();
        resolve();
      };
    });
    await handle.close();
  },
});

/** Loopback hosts, which the launcher allows to every command. */
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** Revokes every permission except network access to the gateway, to limit what an agent can do. */
async function keepOnly(hostname: string): Promise<void> {
  for (const name of ["read", "write", "run", "env", "sys", "ffi"] as const) {
    await Deno.permissions.revoke({ name });
  }
  for (const host of LOOPBACK) {
    if (host !== hostname) await Deno.permissions.revoke({ name: "net", host });
  }
}
