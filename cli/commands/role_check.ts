import { mayActAs, ROLES } from "@ssmd/gateway/access";
import { z } from "zod";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { parsed } from "../command/flag.ts";
import { allActions, allBindings, BINDING } from "../role/who_may.ts";
import { assertName, unknownName } from "../unknown_name.ts";

const PRINCIPAL = parsed(String, "A client, token:claim=value, or certificate:subject", {
  placeholder: "principal",
  required: true,
});
const ACTION = parsed(String, "Action as in ssmd role show, in quotes", {
  placeholder: "action",
  required: true,
});

export default defineCommand({
  name: "role check",
  brief: "Check whether a caller may do something at a gateway; exit code 1 if not",
  examples: [
    "ssmd role check desk 'GET /v1/markets'",
    "ssmd role check desk 'stream subscribe' --output json",
  ],
  flags: CLIENT_FLAGS,
  args: [PRINCIPAL, ACTION],
  output: BINDING.extend({ action: z.string(), needs: z.string(), allowed: z.boolean() }),
  failed: ({ allowed }) => !allowed,
  async run({ flags, args: [principal, action], context }) {
    const actions = await allActions(context, flags.env);
    assertName({ what: "action", name: action, names: actions.map((each) => each.action) });
    const all = await allBindings(context, flags);
    const found = all.find((each) => each.principal === principal);
    if (found === undefined) {
      const names = all.map((each) => each.principal);
      throw unknownName({ what: "principal", name: principal, names });
    }
    const needs = actions.find((each) => each.action === action)?.needs ?? "superadmin";
    const role = ROLES.find((each) => each === found.role) ?? "viewer";
    return { ...found, action, needs, allowed: mayActAs(role, needs) };
  },
});
