import { z } from "zod";
import { CONNECTION } from "@ssmd/gateway/protocol";
import { connectionRows } from "../client/connection_rows.ts";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "client slow",
  brief: "List connected clients that are slow or have lost messages",
  description:
    "Lagging: its buffer is 70 % full. Dropping: it is 90 % full, and its policy applies.",
  shippedRegistry: true,
  examples: ["ssmd client slow"],
  flags: GATEWAY_FLAGS,
  output: z.array(CONNECTION),
  table: (clients) => ({ rows: connectionRows(clients), counted: "slow client" }),
  asks: ["GET /v1/admin/clients"],
  async run({ flags, context }) {
    const answer = await askGateway(context, flags, ["GET", "/v1/admin/clients?slow=true"]);
    return (answer as { clients: z.output<typeof CONNECTION>[] }).clients;
  },
});
