import { buildCommand, type Command } from "@stricli/core";
import { changeClients, readClients } from "../client/client_room.ts";
import { CLIENT_FLAGS, type ClientFlags, DRY_RUN_FLAG } from "../client/flags.ts";
import { KEY_WORD, keyIdOf } from "../client/named_key.ts";
import { keyView } from "../client/views.ts";
import { assertConfirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";
import { render } from "../render.ts";

interface Flags extends ClientFlags {
  dryRun: boolean;
}

/** `ssmd client api-key revoke` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Take a key away at once; its streams are closed",
    "A running gateway closes what was opened with it within a second. It cannot be given back.",
    ["ssmd client api-key revoke desk --dry-run", "ssmd client api-key revoke desk --yes"],
  ),
  parameters: {
    flags: { ...CLIENT_FLAGS, dryRun: DRY_RUN_FLAG },
    positional: { kind: "tuple", parameters: [KEY_WORD] },
  },
  async func(flags, named) {
    const found = await readClients(this, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      const id = keyIdOf(accounts, named);
      return { id, key: accounts.keys.find((key) => key.id === id) };
    });
    if (found.key !== undefined && !flags.dryRun) {
      assertConfirmed(this, `Revoke key ${found.id} of ${found.key.client}?`);
    }
    const action = { action: "api-key revoke", client: found.key?.client ?? "" };
    const key = flags.dryRun && found.key !== undefined
      ? found.key
      : await changeClients(this, flags, action, ({ admin }, done) => {
        if (found.key !== undefined) done.key = found.id;
        return admin.revokeKey(found.id);
      });
    const value = keyView(key);
    this.process.stdout.write(render({ value, rows: [value] }, flags.output));
  },
});
