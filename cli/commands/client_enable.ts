import { buildCommand, type Command } from "@stricli/core";
import { changeClients } from "../client/client_room.ts";
import { CLIENT_FLAGS, CLIENT_WORD, type ClientFlags } from "../client/flags.ts";
import { clientView } from "../client/views.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";
import { render } from "../render.ts";

/** `ssmd client enable` */
export const command: Command<SsmdContext> = buildCommand<ClientFlags, [string], SsmdContext>({
  docs: docs(
    "Let a client's keys in again",
    "",
    ["ssmd client enable desk"],
  ),
  parameters: {
    flags: CLIENT_FLAGS,
    positional: { kind: "tuple", parameters: [CLIENT_WORD] },
  },
  async func(flags, name) {
    const action = { action: "enable", client: name };
    const value = await changeClients(this, flags, action, async ({ admin }) => {
      const client = await admin.update(name, { enabled: true });
      return clientView(client, await admin.accounts());
    });
    this.process.stdout.write(render({ value, rows: [value] }, flags.output));
  },
});
