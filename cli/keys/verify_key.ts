import { z } from "zod";
import { keySourceOf, type KeySpec, readKey, shapeFindings, whereOf } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { DeclaredKey } from "./key_context.ts";
import { storeOf } from "./key_store.ts";

/** `ssmd key verify`; problems are sentences that repeat no piece of a value. */
export const VERIFIED_KEY = z.object({
  environment: z.string(),
  key: z.string(),
  state: z.enum(["ok", "sealed", "absent", "wrong"])
    .describe("sealed = in a manifest, and not opened here"),
  problems: z.array(z.string()),
});

/** A {@linkcode VERIFIED_KEY}. */
export type VerifiedKey = z.output<typeof VERIFIED_KEY>;

const OTHERS = 0o077;

/** Whether the source of a key gives all its values, and they have the right shape. */
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
 * Fields of a key whose values are not there, with where they are looked for; none for a key that may
 * stay away, or that only a cluster can open. A file that cannot be read has none of them.
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

/** Whether the manifest holds what only the cluster can open. */
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
