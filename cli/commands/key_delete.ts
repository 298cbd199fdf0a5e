import { buildCommand, type Command } from "@stricli/core";
import { ConfigError } from "@ssmd/runtime";
import { assertConfirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { ENV_NEEDED_FLAG } from "../flags.ts";
import { KEY_FLAGS, KEY_NAME, type KeyFlags } from "../keys/flags.ts";
import { accessTo, type KeyRoom, onlyName, specOf, withKeyRoom } from "../keys/key_room.ts";
import { storeOf } from "../keys/key_store.ts";
import { recordRotation } from "../keys/written_key.ts";
import { render } from "../render.ts";

interface Flags extends KeyFlags {
  env: string;
}

/** `ssmd key delete` */
export const command: Command<SsmdContext> = buildCommand<Flags, string[], SsmdContext>({
  docs: {
    brief: "Delete the values of a key: its file, or its part of a SealedSecret",
    fullDescription: "Delete the values of a key: its file, or its part of a SealedSecret. The " +
      "environment goes on declaring it, and does not start without it where it is required. " +
      "Revoke it at the venue too.\n\n" +
      "EXAMPLES\n  ssmd key delete kalshi --env prod --yes",
  },
  parameters: { flags: { env: ENV_NEEDED_FLAG, ...KEY_FLAGS }, positional: KEY_NAME },
  func: runDelete,
});

async function runDelete(this: SsmdContext, flags: Flags, ...words: string[]): Promise<void> {
  const { stdout } = this.process;
  const name = onlyName(words);
  const value = await withKeyRoom(
    this,
    flags.env,
    accessTo("delete", name),
    (room) => deleted(room, name),
  );
  const rows = [{ ...value, fields: value.fields.join(" ") }];
  stdout.write(render({ value, rows }, flags.output));
}

async function deleted(room: KeyRoom, name: string) {
  const spec = specOf(room, name);
  const store = storeOf(room, name, spec, {});
  const fields = [...await store.present()];
  if (fields.length === 0) {
    throw new ConfigError("KEY_MISSING", `key ${name} is not set, so there is nothing to delete`, {
      hint: `ssmd key show ${name} --env ${room.environment.name}`,
    });
  }
  assertConfirmed(
    room.context,
    `Delete the values of ${name} in ${store.path}? They cannot be got back.`,
  );
  await store.remove();
  await recordRotation(room, name);
  return { environment: room.environment.name, key: name, fields, path: store.path };
}
