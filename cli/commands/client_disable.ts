import { buildCommand, type Command } from "@stricli/core";
import { changeClients } from "../client/client_room.ts";
import { CLIENT_FLAGS, CLIENT_WORD, type ClientFlags } from "../client/flags.ts";
import { clientView } from "../client/views.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";
import { render } from "../render.ts";

/** `ssmd client disable` */
export const command: Command<SsmdContext> = buildCommand<ClientFlags, [string], SsmdContext>({
  docs: docs(
    "Let none of a client's keys in; its streams are closed",
    "Its keys, entitlements and usage stay. A running gateway closes its streams within a second.",
    ["ssmd client disable desk"],
  ),
  parameters: {
    flags: CLIENT_FLAGS,
    positional: { kind: "tuple", parameters: [CLIENT_WORD] },
  },
  async func(flags, name) {
    const action = { action: "disable", client: name };
    const value = await changeClients(this, flags, action, async ({ admin }) => {
      const client = await admin.update(name, { enabled: false });
      return clientView(client, await admin.accounts());
    });
    this.process.stdout.write(render({ value, rows: [value] }, flags.output));
  },
});
