import { z } from "zod";
import { keySourceOf, readKey, whereOf } from "@ssmd/metadata";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { KEY_NAME } from "../keys/flags.ts";
import { type DeclaredKey, onlyName, useKey } from "../keys/key_context.ts";
import { sealedPath, storeOf } from "../keys/key_store.ts";
import { ageOf } from "../keys/written_key.ts";

const FIELD = z.object({
  field: z.string(),
  state: z.enum(["set", "sealed", "missing"]),
  where: z.string(),
});

const KEY = z.object({
  environment: z.string(),
  key: z.string(),
  type: z.string(),
  source: z.string(),
  required: z.boolean(),
  rotation_days: z.int().nullable(),
  rotated_at: z.string().nullable().describe("ISO 8601"),
  expires_at: z.string().nullable().describe("ISO 8601"),
  expires_in_days: z.int().nullable(),
  state: z.enum(["ok", "expiring", "expired", "unknown", "unlimited"]),
  fields: z.array(FIELD),
});

export default defineCommand({
  name: "key show",
  brief: "Show a key: the location of each field, and whether it has a value",
  description: "Values are never shown.",
  examples: [
    "ssmd key show kalshi --env kalshi",
    "ssmd key show kalshi --env kalshi --output yaml",
  ],
  flags: { env: ENVIRONMENT_REQUIRED },
  args: KEY_NAME,
  output: KEY,
  table: ({ fields, ...key }) => ({
    rows: [
      ...Object.entries(key).map(([field, value]) => ({ field, value })),
      ...fields.map(({ field, where, state }) => ({ field, value: `${state}: ${where}` })),
    ],
  }),
  async run({ flags, args, context }) {
    const name = onlyName(args);
    return await useKey(context, { env: flags.env, name, action: "show" }, viewOf);
  },
});

async function viewOf(key: DeclaredKey): Promise<z.output<typeof KEY>> {
  const { keys: { environment }, name, spec } = key;
  const age = ageOf(key);
  return {
    ...{ environment: environment.name, key: name, type: spec.type, source: spec.source },
    required: spec.required,
    rotation_days: spec.rotation_days ?? null,
    rotated_at: age?.rotatedAt ?? null,
    expires_at: age?.expiresAt ?? null,
    expires_in_days: age?.expiresInDays ?? null,
    state: age?.state ?? "unknown",
    fields: await fieldsOf(key),
  };
}

async function fieldsOf(key: DeclaredKey): Promise<z.output<typeof FIELD>[]> {
  const { keys, name, spec } = key;
  const values = await readKey(name, { ...spec, required: false }, keys.sources);
  const source = keySourceOf(spec);
  const sealed = source.kind === "sealed-secret" ? await storeOf(key).present() : new Set<string>();
  return spec.fields.map((field) => {
    const isSealed = !values.has(field) && sealed.has(field);
    const where = isSealed && source.kind === "sealed-secret"
      ? sealedPath(keys, source.secret)
      : whereOf(name, field, { spec, sources: keys.sources }).replace(/^.*? \((.*)\)$/, "$1");
    return { field, state: values.has(field) ? "set" : isSealed ? "sealed" : "missing", where };
  });
}
