import { z } from "zod";
import { readClients } from "../client/client_context.ts";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { CLIENT_VIEW, clientView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";

const COLUMNS = Object.keys(CLIENT_VIEW.omit({ created: true, updated: true }).shape);

export default defineCommand({
  name: "client accounts",
  brief: "List clients with their limits",
  description:
    "An empty limit means the gateway's default. `ssmd client list` lists the connected " +
    "clients.",
  examples: ["ssmd client accounts", "ssmd client accounts --env demo --output json"],
  flags: CLIENT_FLAGS,
  output: z.array(CLIENT_VIEW),
  table: rowsOf("client", COLUMNS),
  run: ({ flags, context }) =>
    readClients(context, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      return accounts.clients.map((client) => clientView(client, accounts));
    }),
});
