import { z } from "zod";
import { clientIn } from "@ssmd/gateway/access";
import { readClients } from "../client/client_context.ts";
import { ANY_CLIENT, CLIENT_FLAGS } from "../client/flags.ts";
import { KEY_VIEW, keyView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { sortedBy } from "../format.ts";

const COLUMNS = ["client", "key_id", "label", "state", "created", "expires", "last_used"];

export default defineCommand({
  name: "client api-key list",
  brief: "List keys with their state, age and last use, without secrets",
  description:
    "State: active, rotating (another key replaces it; both are valid until it expires), " +
    "expired, revoked. The last use is accurate to about a minute.",
  examples: ["ssmd client api-key list", "ssmd client api-key list desk --output json"],
  flags: CLIENT_FLAGS,
  args: [ANY_CLIENT],
  output: z.array(KEY_VIEW),
  table: rowsOf("key", COLUMNS),
  run: ({ flags, args: [name], context }) =>
    readClients(context, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      if (name !== undefined) clientIn(accounts, name);
      const own = accounts.keys.filter(({ client }) => name === undefined || client === name);
      return sortedBy(own.map(keyView), "client", "created");
    }),
});
