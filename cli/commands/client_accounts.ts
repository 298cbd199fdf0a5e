import { buildCommand, type Command } from "@stricli/core";
import { readClients } from "../client/client_room.ts";
import { CLIENT_FLAGS, type ClientFlags } from "../client/flags.ts";
import { clientView } from "../client/views.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";
import { render } from "../render.ts";

/** `ssmd client accounts` */
export const command: Command<SsmdContext> = buildCommand<ClientFlags, [], SsmdContext>({
  docs: docs(
    "List the clients that were made, with their limits",
    "An empty limit is that of the gateway. Who is connected just now tells ssmd client list.",
    ["ssmd client accounts", "ssmd client accounts --env demo --output json"],
  ),
  parameters: { flags: CLIENT_FLAGS },
  async func(flags) {
    const value = await readClients(this, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      return accounts.clients.map((client) => clientView(client, accounts));
    });
    const rows = value.map(({ created: _created, updated: _updated, ...row }) => row);
    this.process.stdout.write(render({ value, rows, counted: "client" }, flags.output));
  },
});
