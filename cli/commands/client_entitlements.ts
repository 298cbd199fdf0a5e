import { z } from "zod";
import { clientIn } from "@ssmd/gateway/access";
import { readClients } from "../client/client_context.ts";
import { ANY_CLIENT, CLIENT_FLAGS } from "../client/flags.ts";
import { ENTITLEMENT_VIEW, entitlementView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { sortedBy } from "../format.ts";

const COLUMNS = ["client", "id", "feed", "symbols", "types", "state", "expires"];

export default defineCommand({
  name: "client entitlements",
  brief: "List clients' entitlements",
  description: "ssmd client revoke takes the number shown.",
  examples: ["ssmd client entitlements", "ssmd client entitlements desk --output json"],
  flags: CLIENT_FLAGS,
  args: [ANY_CLIENT],
  output: z.array(ENTITLEMENT_VIEW),
  table: rowsOf("entitlement", COLUMNS),
  run: ({ flags, args: [name], context }) =>
    readClients(context, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      if (name !== undefined) clientIn(accounts, name);
      const own = accounts.entitlements
        .filter(({ client }) => name === undefined || client === name);
      return sortedBy(own.map(entitlementView), "client", "id");
    }),
});
