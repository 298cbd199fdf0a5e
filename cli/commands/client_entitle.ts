import { entitle, ENTITLE_FLAGS } from "../client/entitle.ts";
import { CLIENT } from "../client/flags.ts";
import { ENTITLEMENT_VIEW, entitlementView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";

export default defineCommand({
  name: "client entitle",
  brief: "Let a client see feeds, symbols and types",
  description:
    "A client sees everything that one of its entitlements names, and nothing else: not in lists, " +
    "not in hints. Gaps come with any other type. The same entitlement a second time changes when " +
    "it ends.",
  changes: "entitlement-changes",
  examples: [
    "ssmd client entitle desk --feed kraken",
    "ssmd client entitle desk --feed kraken --symbols 'BTC*' --types trade,ticker --expires 30d",
    "ssmd client entitle desk --feed '*' --output json",
  ],
  flags: ENTITLE_FLAGS,
  args: [CLIENT],
  output: ENTITLEMENT_VIEW,
  table: oneRow,
  run: ({ flags, args: [client], context }) =>
    entitle(context, flags, {
      client,
      give: async (admin, given) => entitlementView(await admin.entitle(client, given)),
    }),
});
