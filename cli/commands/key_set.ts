import { ConfigError } from "@ssmd/runtime";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { FIELD, KEY_NAME, SEAL_FLAGS } from "../keys/flags.ts";
import { type DeclaredKey, onlyName, useKey } from "../keys/key_context.ts";
import { storeOf } from "../keys/key_store.ts";
import { readValues } from "../keys/value_input.ts";
import { assertShape, recordRotation, WRITTEN_KEY, writtenKey } from "../keys/written_key.ts";

export default defineCommand({
  name: "key set",
  brief: "Set a key for the first time, from stdin or a prompt",
  description:
    "The prompt does not echo input.\n\nSeveral fields are read from stdin as a YAML or JSON " +
    "map; with --field, all of stdin is the value of one field. Values are never arguments. " +
    "A key file is readable by this user only, and git is made to ignore it; with source " +
    "sealed-secret/<name>, a SealedSecret is written into the registry, which only the " +
    "cluster's controller can open. Existing values are not replaced: use `ssmd key rotate`.",
  changes: "security-events",
  examples: [
    "ssmd key set kalshi --env prod < kalshi.yaml",
    "ssmd key set kalshi --env prod --field private_key < kalshi.pem",
    "ssmd key set kalshi --env prod --cert sealing.pem --namespace ssmd < kalshi.yaml",
  ],
  flags: { env: ENVIRONMENT_REQUIRED, field: FIELD, ...SEAL_FLAGS },
  args: KEY_NAME,
  output: WRITTEN_KEY,
  async run({ flags: { env, field, ...seal }, args, context }) {
    const name = onlyName(args);
    return await useKey(context, { env, name, action: "set" }, async (key) => {
      const store = storeOf(key, seal);
      const present = await store.present();
      const wanted = field === undefined ? key.spec.fields : [field];
      // Fail before the user types a value that cannot be stored.
      if (wanted.every((each) => present.has(each))) assertFree(key, wanted, present);
      await store.ready();
      const values = await readValues(key, field);
      assertFree(key, [...values.keys()], present);
      assertShape(key, values);
      await store.write(values);
      await recordRotation(key, new Date().toISOString());
      return writtenKey(key, values.keys(), store.path);
    });
  },
});

function assertFree(
  { keys, name }: DeclaredKey,
  fields: readonly string[],
  present: ReadonlySet<string>,
): void {
  const taken = fields.filter((field) => present.has(field));
  if (taken.length === 0) return;
  throw new ConfigError("KEY_EXISTS", `Key ${name} is set already: ${taken.join(", ")}`, {
    hint: `Replace it: ssmd key rotate ${name} --env ${keys.environment.name}`,
  });
}
