import { z } from "zod";
import { clientIn } from "@ssmd/gateway/access";
import { changeClients, readClients } from "../client/client_context.ts";
import { CLIENT_FLAGS, parseClientName } from "../client/flags.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { ENTITLEMENT_VIEW, entitlementView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { on, parsed } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { assertConfirmed } from "../confirm.ts";
import { UsageError } from "../exit.ts";
import { countText } from "../format.ts";

export default defineCommand({
  name: "client revoke",
  brief: "Revoke entitlements of a client",
  description:
    "A running gateway stops sending the data within a second; streams stay open. To revoke " +
    "a key, use ssmd client api-key revoke.",
  changes: "entitlement-changes",
  examples: [
    "ssmd client revoke desk 1 --dry-run",
    "ssmd client revoke desk 1 --yes",
    "ssmd client revoke desk --all --yes",
  ],
  flags: { ...CLIENT_FLAGS, all: on("All entitlements of the client"), dryRun: DRY_RUN },
  args: {
    each: parsed(parseNameOrId, "Name of the client, then numbers of its entitlements", {
      placeholder: "client|entitlement",
      required: true,
    }),
    minimum: 1,
  },
  output: z.array(ENTITLEMENT_VIEW),
  table: rowsOf("entitlement"),
  async run({ flags: { all, dryRun, ...flags }, args, context }) {
    const { client, ids } = selectionOf(args, all);
    const selected = await readClients(context, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      clientIn(accounts, client);
      const own = accounts.entitlements.filter((each) => each.client === client);
      return own.filter(({ id }) => ids === "all" || ids.includes(id));
    });
    if (dryRun) return selected.map(entitlementView);
    if (selected.length > 0) {
      const what = countText(selected.length, "entitlement");
      assertConfirmed(context, `Take ${what} of ${client} away?`);
    }
    const action = { action: "revoke", client };
    const revoked = await changeClients(context, flags, {
      action,
      body: ({ admin }) => admin.revoke(client, ids),
    });
    return revoked.map(entitlementView);
  },
});

function parseNameOrId(text: string): string | number {
  return /^\d{1,15}$/.test(text) ? Number(text) : parseClientName(text);
}

function selectionOf(
  [client, ...numbers]: readonly (string | number)[],
  all: boolean,
): { client: string; ids: readonly number[] | "all" } {
  const ids = numbers.filter((each) => typeof each === "number");
  if (typeof client === "string" && ids.length === numbers.length && all !== ids.length > 0) {
    return { client, ids: all ? "all" : ids };
  }
  throw new UsageError("WRONG_USAGE", "One client and its entitlements are wanted", {
    hint: "ssmd client revoke desk 1 2, or ssmd client revoke desk --all",
  });
}
