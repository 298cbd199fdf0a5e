import { setEnabled } from "../client/client_context.ts";
import { CLIENT, CLIENT_FLAGS } from "../client/flags.ts";
import { CLIENT_VIEW } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";

export default defineCommand({
  name: "client disable",
  brief: "Let none of a client's keys in; its streams are closed",
  description:
    "Its keys, entitlements and usage stay. A running gateway closes its streams within a second.",
  changes: "client-actions",
  examples: ["ssmd client disable desk"],
  flags: CLIENT_FLAGS,
  args: [CLIENT],
  output: CLIENT_VIEW,
  table: oneRow,
  run: ({ flags, args: [client], context }) => setEnabled(context, { ...flags, client }, false),
});
