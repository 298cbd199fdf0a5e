import { z } from "zod";
import { entitle, ENTITLE_FLAGS } from "../client/entitle.ts";
import { CLIENT } from "../client/flags.ts";
import { ENTITLEMENT_VIEW, entitlementView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";

export default defineCommand({
  name: "client entitle-bulk",
  brief: "Entitle several clients to the same feeds, symbols and types",
  description: "Like ssmd client entitle for each of them; applied to all clients or to none.",
  changes: "entitlement-changes",
  examples: ["ssmd client entitle-bulk desk fund --feed kraken --symbols 'BTC*' --expires 30d"],
  flags: ENTITLE_FLAGS,
  args: { each: CLIENT, minimum: 1 },
  output: z.array(ENTITLEMENT_VIEW),
  table: rowsOf("entitlement"),
  run: ({ flags, args, context }) =>
    entitle(context, flags, {
      client: args.join(" "),
      give: async (admin, given) => (await admin.entitleAll(args, given)).map(entitlementView),
    }),
});
