import { z } from "zod";
import type { CONNECTION } from "@ssmd/gateway/protocol";
import { askGateway, CONNECTION_ID, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { on } from "../command/flag.ts";
import { confirmed } from "../confirm.ts";

export default defineCommand({
  name: "client disconnect",
  brief: "Close a client's connection, with a message to the client",
  description:
    "The gateway sends an error message and closes the connection with code 4002. The client " +
    "may reconnect at once.",
  shippedRegistry: true,
  examples: ["ssmd client disconnect 1 --dry-run", "ssmd client disconnect 1 --yes"],
  flags: { ...GATEWAY_FLAGS, dryRun: on("Show the client and do nothing") },
  args: [CONNECTION_ID],
  output: z.object({
    id: z.int(),
    client: z.string(),
    address: z.string(),
    disconnected: z.boolean(),
  }),
  asks: ["GET /v1/admin/clients/{id}", "POST /v1/admin/clients/{id}/disconnect"],
  async run({ flags, args: [id], context }) {
    const path = `/v1/admin/clients/${id}`;
    const connection = await askGateway(context, flags, ["GET", path]);
    const { client, address } = connection as z.output<typeof CONNECTION>;
    const who = client === "" ? address : `${client} at ${address}`;
    const disconnected = !flags.dryRun && confirmed(context, `Disconnect client ${id} (${who})?`);
    if (disconnected) await askGateway(context, flags, ["POST", `${path}/disconnect`]);
    return { id, client, address, disconnected };
  },
});
