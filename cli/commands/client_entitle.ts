import { buildCommand, type Command } from "@stricli/core";
import { changeClients } from "../client/client_room.ts";
import {
  parseEntitledSymbols,
  parseEntitledTypes,
  warnOfNothing,
} from "../client/entitlement_words.ts";
import {
  CLIENT_FLAGS,
  CLIENT_WORD,
  type ClientFlags,
  EXPIRES_FLAG,
  orNull,
} from "../client/flags.ts";
import { entitlementRow, entitlementView } from "../client/views.ts";
import type { SsmdContext } from "../context.ts";
import { assertName } from "../names.ts";
import { docs } from "../registry/flags.ts";
import { render } from "../render.ts";

interface Flags extends ClientFlags {
  feed: string;
  symbols: string;
  types: ReturnType<typeof parseEntitledTypes>;
  expires?: number;
}

/** `ssmd client entitle` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Let a client see feeds, symbols and types",
    "A client sees everything that one of its entitlements names, and nothing else: not in lists, not " +
      "in hints. Gaps come with any other type. The same entitlement a second time changes when it ends.",
    [
      "ssmd client entitle desk --feed kraken",
      "ssmd client entitle desk --feed kraken --symbols 'BTC*' --types trade,ticker --expires 30d",
      "ssmd client entitle desk --feed '*' --output json",
    ],
  ),
  parameters: {
    flags: {
      ...CLIENT_FLAGS,
      feed: {
        kind: "parsed",
        parse: String,
        brief: "A feed of the environment, or * for all",
        placeholder: "feed",
      },
      symbols: {
        kind: "parsed",
        parse: parseEntitledSymbols,
        brief: "A symbol, the start of symbols and *, or * for all",
        default: "*",
        placeholder: "symbol",
      },
      types: {
        kind: "parsed",
        parse: parseEntitledTypes,
        brief: "Record types with commas between, or * for all",
        default: "*",
        placeholder: "types",
      },
      expires: EXPIRES_FLAG,
    },
    positional: { kind: "tuple", parameters: [CLIENT_WORD] },
  },
  async func({ feed, symbols, types, expires = Infinity, ...flags }, name) {
    const action = { action: "entitle", client: name };
    const value = await changeClients(this, flags, action, async ({ admin, environment }) => {
      if (feed !== "*") assertName({ what: "feed", name: feed, names: environment.feeds });
      warnOfNothing(this, environment, feed, symbols);
      const given = { feed, symbols, types, expiresAtMs: orNull(expires) };
      return entitlementView(await admin.entitle(name, given));
    });
    this.process.stdout.write(render({ value, rows: [entitlementRow(value)] }, flags.output));
  },
});
