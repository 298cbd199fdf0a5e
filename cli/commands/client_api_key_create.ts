import { changeClients } from "../client/client_context.ts";
import { CLIENT, CLIENT_FLAGS, EXPIRES, orNull } from "../client/flags.ts";
import { keyAlone, MADE_KEY, madeKeyView } from "../client/made_key.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";

export default defineCommand({
  name: "client api-key create",
  brief: "Create a key for a client; the secret is shown only once",
  description:
    "Prints only the key to stdout and everything else to stderr, so that it can be piped " +
    "into a secret store. The gateway's store holds only its hash: a lost key cannot be " +
    "shown again.",
  changes: "client-actions",
  examples: [
    "ssmd client api-key create desk",
    "ssmd client api-key create desk --label laptop --expires 90d > desk.key",
    "ssmd client api-key create desk --expires 2099-01-01 --output json",
  ],
  flags: {
    ...CLIENT_FLAGS,
    label: text("Where the key is used", { default: "" }),
    expires: EXPIRES,
  },
  args: [CLIENT],
  output: MADE_KEY,
  table: keyAlone,
  async run({ flags, args: [name], context }) {
    const action = { action: "api-key create", client: name };
    const made = await changeClients(context, flags, {
      action,
      body: async ({ admin }, done) => {
        const { label, expires = Infinity } = flags;
        const key = await admin.addKey(name, { label, expiresAtMs: orNull(expires) });
        done.key = key.key.id;
        return key;
      },
    });
    return madeKeyView(context, made);
  },
});
