import { buildCommand, type Command } from "@stricli/core";
import { clientIn } from "@ssmd/gateway/access";
import { changeClients, readClients } from "../client/client_room.ts";
import { CLIENT_FLAGS, CLIENT_WORD, type ClientFlags, DRY_RUN_FLAG } from "../client/flags.ts";
import { entitlementRow, entitlementView } from "../client/views.ts";
import { assertConfirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { countText } from "../format.ts";
import { docs, parseWhole } from "../registry/flags.ts";
import { render } from "../render.ts";

interface Flags extends ClientFlags {
  all: boolean;
  dryRun: boolean;
}

const NUMBER = {
  brief: "Numbers of entitlements, as ssmd client entitlements shows them",
  placeholder: "entitlement",
  parse: parseWhole,
} as const;

/** `ssmd client revoke` */
export const command: Command<SsmdContext> = buildCommand<
  Flags,
  (string | number)[],
  SsmdContext
>({
  docs: docs(
    "Take entitlements of a client away",
    "A running gateway sends nothing more of what is taken away within a second; streams stay open. " +
      "A key is taken away with ssmd client api-key revoke.",
    [
      "ssmd client revoke desk 1 --dry-run",
      "ssmd client revoke desk 1 --yes",
      "ssmd client revoke desk --all --yes",
    ],
  ),
  parameters: {
    flags: {
      ...CLIENT_FLAGS,
      all: {
        kind: "boolean",
        brief: "Every entitlement of the client",
        default: false,
        withNegated: false,
      },
      dryRun: DRY_RUN_FLAG,
    },
    positional: {
      kind: "array",
      parameter: {
        brief: "The client's name, then numbers of its entitlements",
        placeholder: "client|entitlement",
        parse: (text: string) => /^\d+$/.test(text) ? NUMBER.parse(text) : CLIENT_WORD.parse(text),
      },
      minimum: 1,
    },
  },
  async func({ all, dryRun, ...flags }, ...words) {
    const { client, ids } = meantBy(words, all);
    const wanted = await readClients(this, flags, async ({ admin }) => {
      const accounts = await admin.accounts();
      clientIn(accounts, client);
      const own = accounts.entitlements.filter((each) => each.client === client);
      return own.filter(({ id }) => ids === "all" || ids.includes(id));
    });
    const what = countText(wanted.length, "entitlement");
    if (!dryRun && wanted.length > 0) assertConfirmed(this, `Take ${what} of ${client} away?`);
    const action = { action: "revoke", client };
    const revoked = dryRun
      ? wanted
      : await changeClients(this, flags, action, ({ admin }) => admin.revoke(client, ids));
    const value = revoked.map(entitlementView);
    const rows = value.map(entitlementRow);
    this.process.stdout.write(render({ value, rows, counted: "entitlement" }, flags.output));
  },
});

function meantBy(
  [client, ...numbers]: readonly (string | number)[],
  all: boolean,
): { client: string; ids: readonly number[] | "all" } {
  const ids = numbers.filter((each) => typeof each === "number");
  if (typeof client === "string" && ids.length === numbers.length && all !== ids.length > 0) {
    return { client, ids: all ? "all" : ids };
  }
  throw new UsageError("WRONG_USAGE", "one client and its entitlements are wanted", {
    hint: "ssmd client revoke desk 1 2, or ssmd client revoke desk --all",
  });
}
