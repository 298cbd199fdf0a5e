import { setEnabled } from "../client/client_context.ts";
import { CLIENT, CLIENT_FLAGS } from "../client/flags.ts";
import { CLIENT_VIEW } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";

export default defineCommand({
  name: "client disable",
  brief: "Refuse all keys of a client and close its streams",
  description:
    "Its keys, entitlements and usage are kept. A running gateway closes its streams within " +
    "a second.",
  changes: "client-actions",
  examples: ["ssmd client disable desk"],
  flags: CLIENT_FLAGS,
  args: [CLIENT],
  output: CLIENT_VIEW,
  table: oneRow,
  run: ({ flags, args: [client], context }) => setEnabled(context, { ...flags, client }, false),
});
