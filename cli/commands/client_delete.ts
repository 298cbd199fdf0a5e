import { buildCommand, type Command } from "@stricli/core";
import { clientIn } from "@ssmd/gateway/access";
import { changeClients, readClients } from "../client/client_room.ts";
import { CLIENT_FLAGS, CLIENT_WORD, type ClientFlags, DRY_RUN_FLAG } from "../client/flags.ts";
import { clientView } from "../client/views.ts";
import { assertConfirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";
import { render } from "../render.ts";

interface Flags extends ClientFlags {
  dryRun: boolean;
}

/** `ssmd client delete` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Delete a client with its keys and entitlements",
    "Its usage and the history of its sessions stay under its name. A running gateway closes its " +
      "streams within a second.",
    ["ssmd client delete desk --dry-run", "ssmd client delete desk --yes"],
  ),
  parameters: {
    flags: { ...CLIENT_FLAGS, dryRun: DRY_RUN_FLAG },
    positional: { kind: "tuple", parameters: [CLIENT_WORD] },
  },
  async func(flags, name) {
    const { client, keys, entitlements } = await readClients(this, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      return clientView(clientIn(accounts, name), accounts);
    });
    const question =
      `Delete client ${name} with ${keys} live keys and ${entitlements} entitlements?`;
    if (!flags.dryRun) assertConfirmed(this, question);
    const action = { action: "delete", client: name };
    const removed = flags.dryRun
      ? { keys, entitlements }
      : await changeClients(this, flags, action, ({ admin }) => admin.remove(name));
    const value = { client, ...removed, deleted: !flags.dryRun };
    this.process.stdout.write(render({ value, rows: [value] }, flags.output));
  },
});
