import { entitle, ENTITLE_FLAGS } from "../client/entitle.ts";
import { CLIENT } from "../client/flags.ts";
import { ENTITLEMENT_VIEW, entitlementView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";

export default defineCommand({
  name: "client entitle",
  brief: "Entitle a client to feeds, symbols and types",
  description:
    "A client sees what at least one of its entitlements names, and nothing else, not even " +
    "in lists or hints. Gaps come with any other type. Repeating an entitlement changes its " +
    "expiry.",
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
