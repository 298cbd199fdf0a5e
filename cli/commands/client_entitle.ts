import { changeClients } from "../client/client_context.ts";
import {
  parseEntitledSymbols,
  parseEntitledTypes,
  warnOfUnknownSymbols,
} from "../client/entitlement_input.ts";
import { CLIENT, CLIENT_FLAGS, EXPIRES, orNull } from "../client/flags.ts";
import { ENTITLEMENT_VIEW, entitlementView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { parsed, text } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { assertName } from "../unknown_name.ts";

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
  flags: {
    ...CLIENT_FLAGS,
    feed: text("A feed of the environment, or * for all", {
      placeholder: "feed",
      completes: "feed",
      required: true,
    }),
    symbols: parsed(parseEntitledSymbols, "A symbol, the start of symbols and *, or * for all", {
      default: "*",
      placeholder: "symbol",
      completes: "symbol",
    }),
    types: parsed(parseEntitledTypes, "Record types with commas between, or * for all", {
      default: "*",
      placeholder: "types",
    }),
    expires: EXPIRES,
  },
  args: [CLIENT],
  output: ENTITLEMENT_VIEW,
  table: oneRow,
  run({ flags: { feed, symbols, types, expires = Infinity, ...flags }, args: [name], context }) {
    const action = { action: "entitle", client: name };
    return changeClients(context, flags, {
      action,
      body: async ({ admin, environment }) => {
        if (feed !== "*") assertName({ what: "feed", name: feed, names: environment.feeds });
        warnOfUnknownSymbols(context, environment, { feed, pattern: symbols });
        const given = { feed, symbols, types, expiresAtMs: orNull(expires) };
        return entitlementView(await admin.entitle(name, given));
      },
    });
  },
});
