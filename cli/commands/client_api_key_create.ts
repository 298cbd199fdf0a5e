import { buildCommand, type Command } from "@stricli/core";
import { changeClients } from "../client/client_room.ts";
import {
  CLIENT_FLAGS,
  CLIENT_WORD,
  type ClientFlags,
  EXPIRES_FLAG,
  orNull,
} from "../client/flags.ts";
import { printKey } from "../client/new_key.ts";
import type { SsmdContext } from "../context.ts";
import { docs, textFlag } from "../registry/flags.ts";

interface Flags extends ClientFlags {
  label?: string;
  expires?: number;
}

/** `ssmd client api-key create` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Make a key for a client; it is shown this once",
    "The key alone goes to stdout, what there is to say of it to stderr, so that it can be piped into " +
      "where it is kept. The store holds only its hash: a key that is lost is made anew.",
    [
      "ssmd client api-key create desk",
      "ssmd client api-key create desk --label laptop --expires 90d > desk.key",
      "ssmd client api-key create desk --expires 2099-01-01 --output json",
    ],
  ),
  parameters: {
    flags: {
      ...CLIENT_FLAGS,
      label: textFlag("Where it is used", "text"),
      expires: EXPIRES_FLAG,
    },
    positional: { kind: "tuple", parameters: [CLIENT_WORD] },
  },
  async func(flags, name) {
    const action = { action: "api-key create", client: name };
    const made = await changeClients(this, flags, action, async ({ admin }, done) => {
      const { label = "", expires = Infinity } = flags;
      const key = await admin.addKey(name, { label, expiresAtMs: orNull(expires) });
      done.key = key.key.id;
      return key;
    });
    printKey(this, made, flags.output);
  },
});
