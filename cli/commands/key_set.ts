import { buildCommand, type Command } from "@stricli/core";
import { ConfigError } from "@ssmd/runtime";
import type { SsmdContext } from "../context.ts";
import { ENV_NEEDED_FLAG } from "../flags.ts";
import {
  FIELD_FLAG,
  KEY_FLAGS,
  KEY_NAME,
  type KeyFlags,
  SEAL_FLAGS,
  type SealFlags,
} from "../keys/flags.ts";
import { accessTo, type KeyRoom, onlyName, specOf, withKeyRoom } from "../keys/key_room.ts";
import { storeOf } from "../keys/key_store.ts";
import { readValues } from "../keys/value_input.ts";
import { assertShape, recordRotation, writtenResult } from "../keys/written_key.ts";
import { render, type Rendered } from "../render.ts";

interface Flags extends KeyFlags, SealFlags {
  env: string;
  field?: string;
}

/** `ssmd key set` */
export const command: Command<SsmdContext> = buildCommand<Flags, string[], SsmdContext>({
  docs: {
    brief: "Set a key for the first time, from stdin or a prompt",
    fullDescription:
      "Set a key for the first time, from stdin or a prompt that shows nothing.\n\n" +
      "Several fields come as a YAML or JSON map on stdin; one alone with --field, its value being " +
      "all of stdin. Values are never arguments. A key file is written for this user only, and " +
      "git is made to ignore it; source sealed-secret/<name> writes a SealedSecret into the " +
      "registry, which only the cluster's controller can open. What is there already is not " +
      "replaced: that is `ssmd key rotate`.\n\n" +
      "EXAMPLES\n  ssmd key set kalshi --env prod < kalshi.yaml\n" +
      "  ssmd key set kalshi --env prod --field private_key < kalshi.pem\n" +
      "  ssmd key set kalshi --env prod --cert sealing.pem --namespace ssmd < kalshi.yaml",
  },
  parameters: {
    flags: { env: ENV_NEEDED_FLAG, field: FIELD_FLAG, ...SEAL_FLAGS, ...KEY_FLAGS },
    positional: KEY_NAME,
  },
  func: runSet,
});

async function runSet(this: SsmdContext, flags: Flags, ...words: string[]): Promise<void> {
  const { stdout } = this.process;
  const name = onlyName(words);
  const result = await withKeyRoom(
    this,
    flags.env,
    accessTo("set", name),
    (room) => setKey(room, name, flags),
  );
  stdout.write(render(result, flags.output));
}

async function setKey(room: KeyRoom, name: string, flags: Flags): Promise<Rendered> {
  const spec = specOf(room, name);
  const store = storeOf(room, name, spec, flags);
  const there = await store.present();
  const wanted = flags.field === undefined ? spec.fields : [flags.field];
  // Told before anybody types: nothing of it is free.
  if (wanted.every((field) => there.has(field))) assertFree(room, name, wanted, there);
  await store.ready();
  const values = await readValues(name, spec, flags.field);
  assertFree(room, name, [...values.keys()], there);
  assertShape(name, spec, values);
  await store.write(values);
  await recordRotation(room, name, new Date().toISOString());
  return writtenResult(room, name, [...values.keys()], store.path);
}

function assertFree(
  room: KeyRoom,
  name: string,
  fields: readonly string[],
  there: ReadonlySet<string>,
): void {
  const taken = fields.filter((field) => there.has(field));
  if (taken.length === 0) return;
  throw new ConfigError("KEY_EXISTS", `key ${name} is set already: ${taken.join(", ")}`, {
    hint: `replace it: ssmd key rotate ${name} --env ${room.environment.name}`,
  });
}
