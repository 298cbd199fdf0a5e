import { setEnabled } from "../client/client_context.ts";
import { CLIENT, CLIENT_FLAGS } from "../client/flags.ts";
import { CLIENT_VIEW } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";

export default defineCommand({
  name: "client enable",
  brief: "Accept a client's keys again",
  changes: "client-actions",
  examples: ["ssmd client enable desk"],
  flags: CLIENT_FLAGS,
  args: [CLIENT],
  output: CLIENT_VIEW,
  table: oneRow,
  run: ({ flags, args: [client], context }) => setEnabled(context, { ...flags, client }, true),
});
