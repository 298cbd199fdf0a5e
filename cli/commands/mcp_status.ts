import { z } from "zod";
import { askGateway, GATEWAY_FLAGS, gatewayUrl } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";

const LISTED = z.object({
  tools: z.array(z.object({ name: z.string() })),
  resources: z.array(z.object({ name: z.string() })),
});

export default defineCommand({
  name: "mcp status",
  brief: "Show whether agents can reach a running gateway's tools, and where",
  description: "Sends the request that an agent would send. If the gateway requires keys, set " +
    "SSMD_API_KEY.",
  shippedRegistry: true,
  examples: ["ssmd mcp status", "ssmd mcp status --env demo --output json"],
  flags: GATEWAY_FLAGS,
  output: z.object({
    http: z.string().describe("Address for clients that use MCP over HTTP"),
    stdio: z.string().describe("Command for clients that start a server"),
    tools: z.int(),
    resources: z.int(),
    ready: z.boolean().describe("Whether everything in the gateway's process works"),
  }),
  asks: ["GET /v1/tools", "GET /health/ready"],
  async run({ flags, context }) {
    const url = flags.url ?? await gatewayUrl(context.globals, flags);
    const gateway = { ...flags, url };
    const { tools, resources } = LISTED.parse(
      await askGateway(context, gateway, ["GET", "/v1/tools"]),
    );
    const { ready } = z.object({ ready: z.boolean() }).parse(
      await askGateway(context, gateway, ["GET", "/health/ready"]),
    );
    return {
      http: `${url}/mcp`,
      stdio: `ssmd mcp serve --url ${url}`,
      tools: tools.length,
      resources: resources.length,
      ready,
    };
  },
});
