import { type KeySpec, placeOf, readKey, shapeFindings, whereOf } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { KeyRoom } from "./key_room.ts";
import { storeOf } from "./key_store.ts";

/** What a verified key is like. */
export interface VerifiedKey {
  environment: string;
  key: string;
  /** `sealed` = in a manifest, and not opened here. */
  state: "ok" | "sealed" | "absent" | "wrong";
  /** Sentences that repeat no piece of a value. */
  problems: string[];
}

const OTHERS = 0o077;

/** Whether the source of a key gives all its values, and they have the right shape. */
export async function verifiedKey(room: KeyRoom, name: string): Promise<VerifiedKey> {
  const spec = room.environment.keys[name];
  const base = { environment: room.environment.name, key: name };
  if (spec === undefined) return { ...base, state: "absent", problems: [] };
  try {
    return { ...base, ...await verdictOf(room, name, spec) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { ...base, state: "wrong", problems: [error.message] };
  }
}

async function verdictOf(room: KeyRoom, name: string, spec: KeySpec) {
  const values = await readKey(name, { ...spec, required: false }, room.sources);
  const missing = spec.fields.filter((field) => !values.has(field));
  if (missing.length > 0 && await isSealed(room, name, spec, missing)) {
    return { state: "sealed" as const, problems: [] };
  }
  if (values.size === 0 && !spec.required) return { state: "absent" as const, problems: [] };
  const problems = [
    ...missing.map((field) => `${whereOf(name, field, spec, room.sources)} is missing`),
    ...shapeFindings(spec, values).map(({ field, message }) => `${name}.${field} ${message}`),
    ...await modeProblems(spec),
  ];
  return { state: problems.length > 0 ? "wrong" as const : "ok" as const, problems };
}

/**
 * Fields of a key whose values are not there, with where they are looked for; none for a key that may
 * stay away, or that only a cluster can open. A file that cannot be read has none of them.
 */
export async function missingFields(room: KeyRoom, name: string): Promise<string[]> {
  const spec = room.environment.keys[name];
  if (spec === undefined || !spec.required) return [];
  const values = await readKey(name, { ...spec, required: false }, room.sources)
    .catch(() => new Map<string, string>());
  const missing = spec.fields.filter((field) => !values.has(field));
  if (missing.length > 0 && await isSealed(room, name, spec, missing)) return [];
  return missing.map((field) => whereOf(name, field, spec, room.sources));
}

/** Whether the manifest holds what only the cluster can open. */
async function isSealed(room: KeyRoom, name: string, spec: KeySpec, fields: readonly string[]) {
  if (placeOf(spec).kind !== "sealed-secret") return false;
  const present = await storeOf(room, name, spec, {}).present();
  return fields.every((field) => present.has(field));
}

async function modeProblems(spec: KeySpec): Promise<string[]> {
  const place = placeOf(spec);
  if (place.kind !== "file") return [];
  const mode = (await Deno.stat(place.path).catch(() => undefined))?.mode ?? 0;
  return (mode & OTHERS) !== 0
    ? [`${place.path} can be read by other users: chmod 600 ${place.path}`]
    : [];
}
