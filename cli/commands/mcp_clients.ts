import { z } from "zod";
import { TOOL_CLIENT } from "@ssmd/gateway/protocol";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "mcp clients",
  brief: "List the clients that called tools of a running gateway",
  description:
    "Since the gateway's start, the latest first. A gateway that asks for keys wants that " +
    "of an operator in SSMD_API_KEY.",
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
