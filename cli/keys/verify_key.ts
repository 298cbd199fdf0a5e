import { z } from "zod";
import { keySourceOf, type KeySpec, readKey, shapeFindings, whereOf } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { DeclaredKey } from "./key_context.ts";
import { storeOf } from "./key_store.ts";

/** Result of `ssmd key verify`; problems never repeat any part of a value. */
export const VERIFIED_KEY = z.object({
  environment: z.string(),
  key: z.string(),
  state: z.enum(["ok", "sealed", "absent", "wrong"])
    .describe("sealed = in a manifest, not opened here"),
  problems: z.array(z.string()),
});

/** A {@linkcode VERIFIED_KEY}. */
export type VerifiedKey = z.output<typeof VERIFIED_KEY>;

const OTHERS = 0o077;

/** Checks that the key's source gives all values in the right shape. */
export async function verifyKey(key: DeclaredKey): Promise<VerifiedKey> {
  const base = { environment: key.keys.environment.name, key: key.name };
  try {
    return { ...base, ...await verdictOf(key) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { ...base, state: "wrong", problems: [error.message] };
  }
}

async function verdictOf(key: DeclaredKey) {
  const { keys: { sources }, name, spec } = key;
  const values = await readKey(name, { ...spec, required: false }, sources);
  const missing = spec.fields.filter((field) => !values.has(field));
  if (missing.length > 0 && await isSealed(key, missing)) {
    return { state: "sealed" as const, problems: [] };
  }
  if (values.size === 0 && !spec.required) return { state: "absent" as const, problems: [] };
  const problems = [
    ...missing.map((field) => `${whereOf(name, field, { spec, sources })} is missing`),
    ...shapeFindings(spec, values).map(({ field, message }) => `${name}.${field} ${message}`),
    ...await modeProblems(spec),
  ];
  return { state: problems.length > 0 ? "wrong" as const : "ok" as const, problems };
}

/**
 * Locations of missing values; empty for a key that is optional or that only a cluster can open. An
 * unreadable file counts as empty.
 */
export async function missingFields(key: DeclaredKey): Promise<string[]> {
  const { keys: { sources }, name, spec } = key;
  if (!spec.required) return [];
  const values = await readKey(name, { ...spec, required: false }, sources)
    .catch(() => new Map<string, string>());
  const missing = spec.fields.filter((field) => !values.has(field));
  if (missing.length > 0 && await isSealed(key, missing)) return [];
  return missing.map((field) => whereOf(name, field, { spec, sources }));
}

/** Returns true when the sealed manifest contains these fields. */
async function isSealed(key: DeclaredKey, fields: readonly string[]): Promise<boolean> {
  if (keySourceOf(key.spec).kind !== "sealed-secret") return false;
  const present = await storeOf(key).present();
  return fields.every((field) => present.has(field));
}

async function modeProblems(spec: KeySpec): Promise<string[]> {
  const source = keySourceOf(spec);
  if (source.kind !== "file") return [];
  const mode = (await Deno.stat(source.path).catch(() => undefined))?.mode ?? 0;
  return (mode & OTHERS) !== 0
    ? [`${source.path} can be read by other users: chmod 600 ${source.path}`]
    : [];
}
