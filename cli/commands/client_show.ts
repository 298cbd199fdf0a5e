import type { z } from "zod";
import { CONNECTION } from "@ssmd/gateway/protocol";
import { askGateway, CONNECTION_ID, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client show",
  brief: "Show one connected client: subscriptions, buffer, losses, last error",
  shippedRegistry: true,
  examples: ["ssmd client show 1"],
  flags: GATEWAY_FLAGS,
  args: [CONNECTION_ID],
  output: CONNECTION,
  asks: ["GET /v1/admin/clients/{id}"],
  run: async ({ flags, args: [id], context }) =>
    await askGateway(context, flags, ["GET", `/v1/admin/clients/${id}`]) as z.output<
      typeof CONNECTION
    >,
});
