import { buildCommand, type Command } from "@stricli/core";
import { clientIn } from "@ssmd/gateway/access";
import { readClients } from "../client/client_room.ts";
import { ANY_CLIENT_WORD, CLIENT_FLAGS, type ClientFlags } from "../client/flags.ts";
import { keyView } from "../client/views.ts";
import type { SsmdContext } from "../context.ts";
import { sortedBy } from "../format.ts";
import { docs } from "../registry/flags.ts";
import { render } from "../render.ts";

const COLUMNS = ["client", "key_id", "label", "state", "created", "expires", "last_used"];

/** `ssmd client api-key list` */
export const command: Command<SsmdContext> = buildCommand<ClientFlags, [string?], SsmdContext>({
  docs: docs(
    "List keys with their state, age and last use; never their secrets",
    "The state says: active, rotating (another key takes its place, both hold until it expires), " +
      "expired, revoked. The last use is known to about a minute.",
    ["ssmd client api-key list", "ssmd client api-key list desk --output json"],
  ),
  parameters: {
    flags: CLIENT_FLAGS,
    positional: { kind: "tuple", parameters: [ANY_CLIENT_WORD] },
  },
  async func(flags, name) {
    const value = await readClients(this, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      if (name !== undefined) clientIn(accounts, name);
      const own = accounts.keys.filter(({ client }) => name === undefined || client === name);
      return sortedBy(own.map(keyView), "client", "created");
    });
    const result = { value, rows: value, columns: COLUMNS, counted: "key" };
    this.process.stdout.write(render(result, flags.output));
  },
});
