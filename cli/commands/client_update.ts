import { buildCommand, type Command } from "@stricli/core";
import { CLIENT_ROLES, type ClientRole } from "@ssmd/gateway/access";
import { changeClients } from "../client/client_room.ts";
import { CLIENT_FLAGS, CLIENT_WORD, type ClientFlags } from "../client/flags.ts";
import { clientView } from "../client/views.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { docs, textFlag } from "../registry/flags.ts";
import { render } from "../render.ts";

interface Flags extends ClientFlags {
  description?: string;
  role?: ClientRole;
}

/** `ssmd client update` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Change a client's description or role",
    "Limits are changed with ssmd client limit, rate-limit and quota.",
    ['ssmd client update desk --description "Rates desk"', "ssmd client update desk --role admin"],
  ),
  parameters: {
    flags: {
      ...CLIENT_FLAGS,
      description: textFlag("For people", "text"),
      role: { kind: "enum", values: CLIENT_ROLES, optional: true, brief: "What it may do" },
    },
    positional: { kind: "tuple", parameters: [CLIENT_WORD] },
  },
  async func(flags, name) {
    const { description, role } = flags;
    if (description === undefined && role === undefined) {
      throw new UsageError("NOTHING_TO_CHANGE", "nothing is named that should change", {
        hint: "give --description or --role",
      });
    }
    const action = { action: "update", client: name };
    const value = await changeClients(this, flags, action, async ({ admin }) => {
      const client = await admin.update(name, {
        ...(description === undefined ? {} : { description }),
        ...(role === undefined ? {} : { role }),
      });
      return clientView(client, await admin.accounts());
    });
    this.process.stdout.write(render({ value, rows: [value] }, flags.output));
  },
});
