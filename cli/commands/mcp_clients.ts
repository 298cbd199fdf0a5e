import { z } from "zod";
import { TOOL_CLIENT } from "@ssmd/gateway/protocol";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "mcp clients",
  brief: "List the clients that called tools of a running gateway",
  description:
    "Counts since the gateway's start, latest call first. If the gateway requires keys, set " +
    "SSMD_API_KEY to an operator's key.",
  shippedRegistry: true,
  examples: ["ssmd mcp clients", "ssmd mcp clients --env demo --output json"],
  flags: GATEWAY_FLAGS,
  output: z.array(TOOL_CLIENT),
  table: (clients) => ({ rows: clients.map((client) => ({ ...client })), counted: "client" }),
  asks: ["GET /v1/admin/tool-clients"],
  async run({ flags, context }) {
    const answer = await askGateway(context, flags, ["GET", "/v1/admin/tool-clients"]);
    return z.object({ clients: z.array(TOOL_CLIENT) }).parse(answer).clients;
  },
});
