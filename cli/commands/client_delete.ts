import { z } from "zod";
import { clientIn } from "@ssmd/gateway/access";
import { changeClients, readClients } from "../client/client_context.ts";
import { CLIENT, CLIENT_FLAGS } from "../client/flags.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { clientView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";
import { assertConfirmed } from "../confirm.ts";
import { countText } from "../format.ts";

export default defineCommand({
  name: "client delete",
  brief: "Delete a client with its keys and entitlements",
  description:
    "Its usage and session history are kept under its name. A running gateway closes its " +
    "streams within a second.",
  changes: "client-actions",
  examples: ["ssmd client delete desk --dry-run", "ssmd client delete desk --yes"],
  flags: { ...CLIENT_FLAGS, dryRun: DRY_RUN },
  args: [CLIENT],
  output: z.object({
    client: z.string(),
    keys: z.int(),
    entitlements: z.int(),
    deleted: z.boolean(),
  }),
  table: oneRow,
  async run({ flags, args: [name], context }) {
    const { client, keys, entitlements } = await readClients(context, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      return clientView(clientIn(accounts, name), accounts);
    });
    if (flags.dryRun) return { client, keys, entitlements, deleted: false };
    assertConfirmed(
      context,
      `Delete client ${name} with ${countText(keys, "live key")} and ${
        countText(entitlements, "entitlement")
      }?`,
    );
    const action = { action: "delete", client: name };
    const removed = await changeClients(context, flags, {
      action,
      body: ({ admin }) => admin.remove(name),
    });
    return { client, ...removed, deleted: true };
  },
});
