import { buildCommand, type Command } from "@stricli/core";
import { type KeySpec, readKey } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { assertConfirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
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
import { isWritable, storeOf } from "../keys/key_store.ts";
import { readValues } from "../keys/value_input.ts";
import { assertShape, pastTime, recordRotation, writtenResult } from "../keys/written_key.ts";
import { render, type Rendered } from "../render.ts";

interface Flags extends KeyFlags, SealFlags {
  env: string;
  field?: string;
  at?: string;
}

/** `ssmd key rotate` */
export const command: Command<SsmdContext> = buildCommand<Flags, string[], SsmdContext>({
  docs: {
    brief: "Replace the values of a key, and begin its age anew",
    fullDescription: "Replace the values of a key, and begin its age anew. Values come as for " +
      "`ssmd key set`, and must be others than those that are there. Of sources that ssmd does not " +
      "write (env, mount) it records that they were rotated, after checking them. Components " +
      "take the new values when they start.\n\n" +
      "EXAMPLES\n  ssmd key rotate kalshi --env prod --yes < kalshi.yaml\n" +
      "  ssmd key rotate kalshi --env kalshi --yes --at 2026-10-01",
  },
  parameters: {
    flags: {
      env: ENV_NEEDED_FLAG,
      field: FIELD_FLAG,
      at: {
        kind: "parsed",
        parse: String,
        brief: "When the venue issued the new values; default now",
        optional: true,
        placeholder: "time",
      },
      ...SEAL_FLAGS,
      ...KEY_FLAGS,
    },
    positional: KEY_NAME,
  },
  func: runRotate,
});

async function runRotate(this: SsmdContext, flags: Flags, ...words: string[]): Promise<void> {
  const { stdout } = this.process;
  const name = onlyName(words);
  const at = pastTime(flags.at);
  const result = await withKeyRoom(this, flags.env, accessTo("rotate", name), (room) => {
    const spec = specOf(room, name);
    return isWritable(spec)
      ? replaced(room, name, spec, flags, at)
      : recorded(room, name, spec, flags, at);
  });
  stdout.write(render(result, flags.output));
}

async function replaced(
  room: KeyRoom,
  name: string,
  spec: KeySpec,
  flags: Flags,
  at: string,
): Promise<Rendered> {
  const store = storeOf(room, name, spec, flags);
  if ((await store.present()).size === 0) {
    throw new ConfigError("KEY_MISSING", `key ${name} is not set, so there is nothing to rotate`, {
      hint: `ssmd key set ${name} --env ${room.environment.name}`,
    });
  }
  await store.ready();
  assertConfirmed(room.context, `Replace the values of ${name} in ${store.path}?`);
  const values = await readValues(name, spec, flags.field);
  assertShape(name, spec, values);
  if (await store.holds(values)) {
    throw new ConfigError("KEY_UNCHANGED", `key ${name} has these very values already`, {
      hint: "get new ones from the venue; the age goes on",
    });
  }
  await store.write(values);
  await recordRotation(room, name, at);
  return writtenResult(room, name, [...values.keys()], store.path);
}

/** Of a source that others write: the date only. */
async function recorded(
  room: KeyRoom,
  name: string,
  spec: KeySpec,
  flags: Flags,
  at: string,
): Promise<Rendered> {
  if (flags.field !== undefined) {
    throw new UsageError("KEY_SOURCE_READ_ONLY", `ssmd does not write the source ${spec.source}`, {
      hint: "change the value there; then rotate without --field, which records the date",
    });
  }
  const values = await readKey(name, spec, room.sources);
  if (spec.fields.some((field) => !values.has(field))) {
    throw new ConfigError("KEY_MISSING", `key ${name} is not whole in ${spec.source}`, {
      hint: `ssmd key show ${name} --env ${room.environment.name} says what is missing`,
    });
  }
  assertShape(name, spec, values);
  assertConfirmed(room.context, `Record that ${name} was rotated at ${at}?`);
  await recordRotation(room, name, at);
  return writtenResult(room, name, [], spec.source);
}
