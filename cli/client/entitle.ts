import type { ClientAdmin } from "@ssmd/gateway/access";
import type { SsmdContext } from "../context.ts";
import { parsed, text, type ValuesOf } from "../command/flag.ts";
import { assertName } from "../unknown_name.ts";
import { changeClients } from "./client_context.ts";
import {
  parseEntitledSymbols,
  parseEntitledTypes,
  warnOfUnknownSymbols,
} from "./entitlement_input.ts";
import { CLIENT_FLAGS, EXPIRES, orNull } from "./flags.ts";

/** Flags that describe an entitlement. */
export const ENTITLE_FLAGS = {
  ...CLIENT_FLAGS,
  feed: text("Feed of the environment, or * for all", {
    placeholder: "feed",
    completes: "feed",
    required: true,
  }),
  symbols: parsed(parseEntitledSymbols, "A symbol, a prefix and *, or * for all", {
    default: "*",
    placeholder: "symbol",
    completes: "symbol",
  }),
  types: parsed(parseEntitledTypes, "Record types, separated by commas, or * for all", {
    default: "*",
    placeholder: "types",
  }),
  expires: EXPIRES,
};

/** Grants the entitlement given by the flags; `give` says to whom. */
export function entitle<T>(
  context: SsmdContext,
  { feed, symbols, types, expires = Infinity, ...flags }: ValuesOf<typeof ENTITLE_FLAGS>,
  { client, give }: {
    client: string;
    give: (admin: ClientAdmin, given: Parameters<ClientAdmin["entitle"]>[1]) => Promise<T>;
  },
): Promise<T> {
  return changeClients(context, flags, {
    action: { action: "entitle", client },
    body: async ({ admin, environment }) => {
      if (feed !== "*") assertName({ what: "feed", name: feed, names: environment.feeds });
      warnOfUnknownSymbols(context, environment, { feed, pattern: symbols });
      const given = { feed, symbols, types, expiresAtMs: orNull(expires) };
      return await give(admin, given);
    },
  });
}
