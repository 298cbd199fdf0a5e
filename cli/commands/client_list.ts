import { z } from "zod";
import { CONNECTION } from "@ssmd/gateway/protocol";
import { connectionRows } from "../client/connection_rows.ts";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client list",
  brief: "List the clients connected to a running gateway",
  description:
    "Buffer and waiting count what the client has not read yet. If the gateway requires " +
    "keys, set SSMD_API_KEY to an operator's key.",
  shippedRegistry: true,
  examples: ["ssmd client list", "ssmd client list --env demo --output json"],
  flags: GATEWAY_FLAGS,
  output: z.array(CONNECTION),
  table: (clients) => ({ rows: connectionRows(clients), counted: "client" }),
  asks: ["GET /v1/admin/clients"],
  async run({ flags, context }) {
    const answer = await askGateway(context, flags, ["GET", "/v1/admin/clients"]);
    return (answer as { clients: z.output<typeof CONNECTION>[] }).clients;
  },
});
