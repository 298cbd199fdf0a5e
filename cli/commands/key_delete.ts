import { z } from "zod";
import { ConfigError } from "@ssmd/runtime";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { oneRow } from "../command/table.ts";
import { assertConfirmed } from "../confirm.ts";
import { KEY_NAME } from "../keys/flags.ts";
import { onlyName, useKey } from "../keys/key_context.ts";
import { storeOf } from "../keys/key_store.ts";
import { recordRotation } from "../keys/written_key.ts";

export default defineCommand({
  name: "key delete",
  brief: "Delete the values of a key: its file, or its part of a SealedSecret",
  description: "The environment still declares the key, and does not start without it if it is " +
    "required. Revoke the key at the venue, too.",
  changes: "security-events",
  examples: ["ssmd key delete kalshi --env prod --yes"],
  flags: { env: ENVIRONMENT_REQUIRED },
  args: KEY_NAME,
  output: z.object({
    environment: z.string(),
    key: z.string(),
    fields: z.array(z.string()).describe("Fields whose values were deleted"),
    path: z.string(),
  }),
  table: oneRow,
  async run({ flags, args, context }) {
    const name = onlyName(args);
    return await useKey(context, { env: flags.env, name, action: "delete" }, async (key) => {
      const environment = key.keys.environment.name;
      const store = storeOf(key);
      const fields = [...await store.present()];
      if (fields.length === 0) {
        throw new ConfigError(
          "KEY_MISSING",
          `Key ${name} is not set, so there is nothing to delete`,
          { hint: `ssmd key show ${name} --env ${environment}` },
        );
      }
      const question = `Delete the values of ${name} in ${store.path}? They cannot be got back.`;
      assertConfirmed(context, question);
      await store.remove();
      await recordRotation(key);
      return { environment, key: name, fields, path: store.path };
    });
  },
});
