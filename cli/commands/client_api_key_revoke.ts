import { changeClients, readClients } from "../client/client_context.ts";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { KEY, keyIdOf } from "../client/named_key.ts";
import { KEY_VIEW, keyView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";
import { assertConfirmed } from "../confirm.ts";

export default defineCommand({
  name: "client api-key revoke",
  brief: "Revoke a key at once and close its streams",
  description:
    "A running gateway closes the streams opened with it within a second. A revoked key " +
    "cannot be restored.",
  changes: "client-actions",
  examples: [
    "ssmd client api-key revoke desk --dry-run",
    "ssmd client api-key revoke desk --yes",
  ],
  flags: { ...CLIENT_FLAGS, dryRun: DRY_RUN },
  args: [KEY],
  output: KEY_VIEW,
  table: oneRow,
  async run({ flags: { dryRun, ...flags }, args: [named], context }) {
    const { id, key } = await readClients(context, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      const id = keyIdOf(accounts, named);
      return { id, key: accounts.keys.find((key) => key.id === id) };
    });
    if (dryRun && key !== undefined) return keyView(key);
    if (key !== undefined) assertConfirmed(context, `Revoke key ${id} of ${key.client}?`);
    const action = { action: "api-key revoke", client: key?.client ?? "" };
    return keyView(
      await changeClients(context, flags, {
        action,
        body: ({ admin }, done) => {
          if (key !== undefined) done.key = id;
          return admin.revokeKey(id);
        },
      }),
    );
  },
});
