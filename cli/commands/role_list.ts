import { z } from "zod";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { allBindings, BINDING } from "../role/who_may.ts";

export default defineCommand({
  name: "role list",
  brief: "List the roles at the gateway of an environment, with their holders",
  description:
    "Reads rbac/<environment>.yaml of the registry: clients (API keys), claims of tokens and " +
    "subjects of certificates. Without that file a client has the role from ssmd client " +
    "create: client is a viewer, admin a superadmin.",
  examples: ["ssmd role list"],
  flags: CLIENT_FLAGS,
  output: z.array(BINDING),
  table: rowsOf("principal"),
  run: ({ flags, context }) => allBindings(context, flags),
});
