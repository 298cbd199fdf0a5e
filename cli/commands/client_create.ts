import { CLIENT_ROLES } from "@ssmd/gateway/access";
import { changeClients } from "../client/client_context.ts";
import { CLIENT, CLIENT_FLAGS, orNull, parseLimit, USE } from "../client/flags.ts";
import { CLIENT_VIEW, clientView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { choice, parsed, text } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";

const limit = (brief: string) =>
  parsed(parseLimit, brief, { default: "none", placeholder: "n|none" });

export default defineCommand({
  name: "client create",
  brief: "Create a client, which can then get keys and entitlements",
  description:
    "A new client has no key and sees nothing: continue with ssmd client api-key create and " +
    "ssmd client entitle. A running gateway knows it within a second.\n\nRoles: client reads " +
    "what it is entitled to, metrics also reads /metrics, admin may also use the " +
    "administration routes.",
  changes: "client-actions",
  examples: [
    'ssmd client create desk --description "Trading desk" --owner "Rates, Ada Byron"',
    "ssmd client create scraper --role metrics",
    "ssmd client create trial --sessions 2 --devices 1 --rate-limit 10 --quota 1000000",
  ],
  flags: {
    ...CLIENT_FLAGS,
    description: text("Description, for readers", { default: "" }),
    owner: text("Responsible person or department", { default: "" }),
    role: choice(CLIENT_ROLES, "Role of the client", { default: "client" }),
    use: USE,
    sessions: limit("Concurrent streams"),
    devices: limit("Addresses with concurrent streams"),
    rateLimit: limit("Requests per second"),
    quota: limit("Messages per day (UTC)"),
  },
  args: [CLIENT],
  output: CLIENT_VIEW,
  table: oneRow,
  run: ({ flags, args: [name], context }) =>
    changeClients(context, flags, {
      action: { action: "create", client: name },
      body: async ({ admin }) => {
        const { description, owner, role, use = "unspecified" } = flags;
        const limits = {
          sessionsMax: orNull(flags.sessions),
          devicesMax: orNull(flags.devices),
          requestsPerSecondMax: orNull(flags.rateLimit),
          messagesPerDayMax: orNull(flags.quota),
        };
        const client = await admin.create(name, { description, owner, role, use, limits });
        return clientView(client, await admin.accounts());
      },
    }),
});
