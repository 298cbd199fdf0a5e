import { parseDurationMs } from "@ssmd/runtime/duration";
import { changeClients } from "../client/client_context.ts";
import { CLIENT_FLAGS, EXPIRES, orNull } from "../client/flags.ts";
import { keyAlone, MADE_KEY, madeKeyView } from "../client/made_key.ts";
import { KEY, keyIdOf } from "../client/named_key.ts";
import { KEY_VIEW, keyView } from "../client/views.ts";
import { defineCommand } from "../command/define.ts";
import { parsed } from "../command/flag.ts";

export default defineCommand({
  name: "client api-key rotate",
  brief: "Create a key that replaces another; both are valid for a while",
  description:
    "The old key stays valid for --grace, so that its user can switch; --grace 0 ends it at " +
    "once. The new key is valid for as long as the old one was made for, or for --expires.",
  changes: "client-actions",
  examples: [
    "ssmd client api-key rotate desk",
    "ssmd client api-key rotate desk --grace 1h --expires 90d > desk.key",
  ],
  flags: {
    ...CLIENT_FLAGS,
    grace: parsed(parseGrace, "How long the old key stays valid", {
      default: "24h",
      placeholder: "duration",
      type: "duration",
    }),
    expires: EXPIRES,
  },
  args: [KEY],
  output: MADE_KEY.extend({ replaces: KEY_VIEW }),
  table: keyAlone,
  async run({ flags: { grace, expires, ...flags }, args: [named], context }) {
    const action = { action: "api-key rotate" };
    const made = await changeClients(context, flags, {
      action,
      body: async ({ admin }, done) => {
        const id = keyIdOf(await admin.accounts(), named);
        const rotated = await admin.rotateKey(id, {
          graceMs: grace,
          ...(expires === undefined ? {} : { expiresAtMs: orNull(expires) }),
        });
        Object.assign(done, { client: rotated.key.client, key: id });
        return rotated;
      },
    });
    return { ...madeKeyView(context, made, made.old), replaces: keyView(made.old) };
  },
});

function parseGrace(text: string): number {
  return /^0(s|m|h|d)?$/.test(text) ? 0 : parseDurationMs(text);
}
