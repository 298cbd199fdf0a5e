import { z } from "zod";
import { ENDED_CONNECTION } from "@ssmd/gateway/protocol";
import { endedRows } from "../client/connection_rows.ts";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { whole } from "../command/flag.ts";

export default defineCommand({
  name: "client history",
  brief: "List closed connections with the reasons",
  description: "Newest first; the gateway keeps the last 1000 since it started.",
  shippedRegistry: true,
  examples: ["ssmd client history", "ssmd client history --limit 5"],
  flags: {
    ...GATEWAY_FLAGS,
    limit: whole("Maximum number of connections, up to 1000", { default: "100" }),
  },
  output: z.array(ENDED_CONNECTION),
  table: (clients) => ({ rows: endedRows(clients), counted: "connection" }),
  asks: ["GET /v1/admin/clients/history"],
  async run({ flags, context }) {
    const path = `/v1/admin/clients/history?limit=${flags.limit}`;
    const answer = await askGateway(context, flags, ["GET", path]);
    return (answer as { clients: z.output<typeof ENDED_CONNECTION>[] }).clients;
  },
});
