import { mayActAs, ROLES } from "@ssmd/gateway/access";
import { z } from "zod";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { word } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { ACTION, allActions } from "../role/who_may.ts";

export default defineCommand({
  name: "role show",
  brief: "Show every action at a gateway with its required role",
  description: "Lists routes, stream requests, tools of agents, and commands that call a running " +
    "gateway. Each role includes the rights of those before it: viewer, metrics, operator, " +
    "admin, superadmin.",
  examples: ["ssmd role show", "ssmd role show operator"],
  flags: { env: ENVIRONMENT },
  args: [word(ROLES, "Only what this role may do", { placeholder: "role" })],
  output: z.array(ACTION),
  table: rowsOf("action"),
  async run({ flags, args: [role], context }) {
    const all = await allActions(context, flags.env);
    return all.filter(({ needs }) => role === undefined || mayActAs(role, needs));
  },
});
