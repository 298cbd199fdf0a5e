import type { z } from "zod";
import { readKey } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { assertConfirmed } from "../confirm.ts";
import { UsageError } from "../exit.ts";
import { FIELD, KEY_NAME, SEAL_FLAGS, type SealFlags } from "../keys/flags.ts";
import { type DeclaredKey, onlyName, useKey } from "../keys/key_context.ts";
import { isWritable, storeOf } from "../keys/key_store.ts";
import { readValues } from "../keys/value_input.ts";
import {
  assertShape,
  pastTime,
  recordRotation,
  WRITTEN_KEY,
  writtenKey,
} from "../keys/written_key.ts";

type WrittenKey = z.output<typeof WRITTEN_KEY>;

/** Options of a rotation. */
interface Rotation extends SealFlags {
  /** Rotate only this field. */
  field?: string;
  /** ISO time that the key's age counts from. */
  rotatedAt: string;
}

export default defineCommand({
  name: "key rotate",
  brief: "Replace the values of a key and reset its age",
  description: "Reads values as `ssmd key set` does; they must differ from the current ones. For " +
    "sources that ssmd does not write (env, mount), checks the values and records the " +
    "rotation. Components read the new values when they start.",
  changes: "security-events",
  examples: [
    "ssmd key rotate kalshi --env prod --yes < kalshi.yaml",
    "ssmd key rotate kalshi --env kalshi --yes --at 2026-10-01",
  ],
  flags: {
    env: ENVIRONMENT_REQUIRED,
    field: FIELD,
    at: text("When the venue issued the new values; default now", { placeholder: "time" }),
    ...SEAL_FLAGS,
  },
  args: KEY_NAME,
  output: WRITTEN_KEY,
  async run({ flags: { env, at, ...flags }, args, context }) {
    const name = onlyName(args);
    const rotation = { ...flags, rotatedAt: pastTime(at) };
    return await useKey(
      context,
      { env, name, action: "rotate" },
      (key) => (isWritable(key.spec) ? replaceValues : recordOnly)(key, rotation),
    );
  },
});

async function replaceValues(
  key: DeclaredKey,
  { field, rotatedAt, ...seal }: Rotation,
): Promise<WrittenKey> {
  const { keys, name } = key;
  const store = storeOf(key, seal);
  if ((await store.present()).size === 0) {
    throw new ConfigError("KEY_MISSING", `Key ${name} is not set, so there is nothing to rotate`, {
      hint: `ssmd key set ${name} --env ${keys.environment.name}`,
    });
  }
  await store.ready();
  assertConfirmed(keys.command, `Replace the values of ${name} in ${store.path}?`);
  const values = await readValues(key, field);
  assertShape(key, values);
  if (await store.holds(values)) {
    throw new ConfigError("KEY_UNCHANGED", `Key ${name} has these very values already`, {
      hint: "Get new ones from the venue; the age is not reset",
    });
  }
  await store.write(values);
  await recordRotation(key, rotatedAt);
  return writtenKey(key, values.keys(), store.path);
}

/** Records only the date, for a source that ssmd does not write. */
async function recordOnly(key: DeclaredKey, { field, rotatedAt }: Rotation): Promise<WrittenKey> {
  const { keys, name, spec } = key;
  if (field !== undefined) {
    throw new UsageError("KEY_SOURCE_READ_ONLY", `ssmd does not write the source ${spec.source}`, {
      hint: "Change the value there; then rotate without --field, which records the date",
    });
  }
  const values = await readKey(name, spec, keys.sources);
  if (spec.fields.some((each) => !values.has(each))) {
    throw new ConfigError("KEY_MISSING", `Key ${name} is not whole in ${spec.source}`, {
      hint: `ssmd key show ${name} --env ${keys.environment.name} says what is missing`,
    });
  }
  assertShape(key, values);
  assertConfirmed(keys.command, `Record that ${name} was rotated at ${rotatedAt}?`);
  await recordRotation(key, rotatedAt);
  return writtenKey(key, [], spec.source);
}
