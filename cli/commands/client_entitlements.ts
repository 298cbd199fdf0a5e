import { buildCommand, type Command } from "@stricli/core";
import { clientIn } from "@ssmd/gateway/access";
import { readClients } from "../client/client_room.ts";
import { ANY_CLIENT_WORD, CLIENT_FLAGS, type ClientFlags } from "../client/flags.ts";
import { entitlementRow, entitlementView } from "../client/views.ts";
import type { SsmdContext } from "../context.ts";
import { sortedBy } from "../format.ts";
import { docs } from "../registry/flags.ts";
import { render } from "../render.ts";

const COLUMNS = ["client", "id", "feed", "symbols", "types", "state", "expires"];

/** `ssmd client entitlements` */
export const command: Command<SsmdContext> = buildCommand<ClientFlags, [string?], SsmdContext>({
  docs: docs(
    "List what clients may see",
    "The number is what ssmd client revoke takes.",
    ["ssmd client entitlements", "ssmd client entitlements desk --output json"],
  ),
  parameters: {
    flags: CLIENT_FLAGS,
    positional: { kind: "tuple", parameters: [ANY_CLIENT_WORD] },
  },
  async func(flags, name) {
    const value = await readClients(this, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      if (name !== undefined) clientIn(accounts, name);
      const own = accounts.entitlements
        .filter(({ client }) => name === undefined || client === name);
      return sortedBy(own.map(entitlementView), "client", "id");
    });
    const rows = value.map(entitlementRow);
    const result = { value, rows, columns: COLUMNS, counted: "entitlement" };
    this.process.stdout.write(render(result, flags.output));
  },
});
