import { buildCommand, type Command } from "@stricli/core";
import { parseDurationMs } from "@ssmd/runtime/duration";
import { changeClients } from "../client/client_room.ts";
import { CLIENT_FLAGS, type ClientFlags, EXPIRES_FLAG, orNull } from "../client/flags.ts";
import { KEY_WORD, keyIdOf } from "../client/named_key.ts";
import { printKey } from "../client/new_key.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";

interface Flags extends ClientFlags {
  grace: number;
  expires?: number;
}

/** `ssmd client api-key rotate` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Make a key that takes another's place; both hold for a while",
    "The old key goes on to hold for --grace, so that whoever uses it can change over; --grace 0 " +
      "ends it at once. The new key holds as long as the old one was made for, or for --expires.",
    [
      "ssmd client api-key rotate desk",
      "ssmd client api-key rotate desk --grace 1h --expires 90d > desk.key",
    ],
  ),
  parameters: {
    flags: {
      ...CLIENT_FLAGS,
      grace: {
        kind: "parsed",
        parse: parseGrace,
        brief: "How long the old key goes on to hold",
        default: "24h",
        placeholder: "duration",
      },
      expires: EXPIRES_FLAG,
    },
    positional: { kind: "tuple", parameters: [KEY_WORD] },
  },
  async func({ grace, expires, ...flags }, named) {
    const action = { action: "api-key rotate" };
    const made = await changeClients(this, flags, action, async ({ admin }, done) => {
      const id = keyIdOf(await admin.accounts(), named);
      const rotated = await admin.rotateKey(id, {
        graceMs: grace,
        ...(expires === undefined ? {} : { expiresAtMs: orNull(expires) }),
      });
      Object.assign(done, { client: rotated.key.client, key: id });
      return rotated;
    });
    printKey(this, made, flags.output);
  },
});

function parseGrace(text: string): number {
  return /^0(s|m|h|d)?$/.test(text) ? 0 : parseDurationMs(text);
}
