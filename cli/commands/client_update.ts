import { CLIENT_ROLES } from "@ssmd/gateway/access";
import { changeClients } from "../client/client_context.ts";
import { CLIENT, CLIENT_FLAGS, USE } from "../client/flags.ts";
import { CLIENT_VIEW, clientView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { choice, text } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { UsageError } from "../exit.ts";

export default defineCommand({
  name: "client update",
  brief: "Change a client's description, owner, role or use of the data",
  description: "To change limits, use ssmd client limit, device-limit, rate-limit and quota.",
  changes: "client-actions",
  examples: [
    'ssmd client update desk --description "Rates desk"',
    'ssmd client update desk --owner "Rates, Ada Byron"',
    "ssmd client update desk --role admin",
    "ssmd client update desk --use non-display",
  ],
  flags: {
    ...CLIENT_FLAGS,
    description: text("Description, for readers"),
    owner: text("Responsible person or department"),
    role: choice(CLIENT_ROLES, "Role of the client"),
    use: USE,
  },
  args: [CLIENT],
  output: CLIENT_VIEW,
  table: oneRow,
  run({ flags: { description, owner, role, use, ...flags }, args: [name], context }) {
    const named = Object.entries({ description, owner, role, use })
      .filter(([, value]) => value !== undefined);
    if (named.length === 0) {
      throw new UsageError("NOTHING_TO_CHANGE", "Nothing is named that should change", {
        hint: "Give --description, --owner, --role or --use",
      });
    }
    return changeClients(context, flags, {
      action: { action: "update", client: name },
      body: async ({ admin }) => {
        const client = await admin.update(name, Object.fromEntries(named));
        return clientView(client, await admin.accounts());
      },
    });
  },
});
