import { ConfigError, DAY_MS, Metrics } from "@ssmd/runtime";
import { stringify } from "yaml";
import type { Environment } from "./environment.ts";
import { entriesOf, fieldOf } from "./untyped.ts";
import { safeYaml } from "./safe_yaml.ts";

/** Folder of the registry with a file an environment that says when its keys were rotated. */
const ROTATION = "rotation";
const HEADER =
  "# When each key was last set or rotated; no secrets. Written by `ssmd key set` and `rotate`.\n";

/** Days before the end from which on a key counts as expiring. */
export const EXPIRING_DAYS = 14;

/** Key name → when it was last set or rotated, ISO 8601 in UTC. */
export type Rotations = Record<string, string>;

/** How old a key is, and may become. */
export interface KeyAge {
  key: string;
  /** How old it may become; absent = there is no limit. */
  rotationDays?: number;
  /** When it was last set or rotated, ISO 8601; absent = not known. */
  rotatedAt?: string;
  /** Whole days since then. */
  ageDays?: number;
  /** When it has to be rotated, ISO 8601. */
  expiresAt?: string;
  /** Whole days until then, rounded down; negative = expired. */
  expiresInDays?: number;
  /** `unknown` = has a limit, but nobody recorded a rotation; `unlimited` = has none. */
  state: "ok" | "expiring" | "expired" | "unknown" | "unlimited";
}

/** The file with the rotations of an environment, in the registry folder `dir`. */
export function rotationPath(dir: string, environment: string): string {
  return `${dir}/${ROTATION}/${environment}.yaml`;
}

/** Reads the rotations of an environment; none when there is no file. Throws ConfigError `KEY_ROTATION_INVALID`. */
export async function loadRotations(dir: string, environment: string): Promise<Rotations> {
  const path = rotationPath(dir, environment);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
  const content = safeYaml(text);
  const rotations: Rotations = {};
  for (const [key, entry] of entriesOf(content)) {
    const at = fieldOf(entry, "rotated_at");
    if (typeof at !== "string" || Number.isNaN(Date.parse(at))) throw invalid(path, key);
    rotations[key] = new Date(at).toISOString();
  }
  if (text.trim() !== "" && (typeof content !== "object" || Array.isArray(content))) {
    throw invalid(path, undefined);
  }
  return rotations;
}

function invalid(path: string, key: string | undefined): ConfigError {
  const what = key === undefined ? "is no map" : `has no time rotated_at for "${key}"`;
  return new ConfigError("KEY_ROTATION_INVALID", `${path} ${what}`, {
    hint: "One entry a key: kalshi: { rotated_at: 2026-01-31T12:00:00.000Z }",
    context: { path },
  });
}

/** The text of the file that {@linkcode loadRotations} reads; keys sorted. */
export function rotationsText(rotations: Rotations): string {
  const entries = Object.entries(rotations).sort(([a], [b]) => a < b ? -1 : 1);
  const content = entries.map(([key, at]) => [key, { rotated_at: at }]);
  return HEADER + (entries.length === 0 ? "{}\n" : stringify(Object.fromEntries(content)));
}

/** Ages of all keys of an environment at a time in milliseconds since 1970. */
export function keyAges(
  environment: Environment,
  rotations: Rotations,
  { nowMs, expiringDays = EXPIRING_DAYS }: { nowMs: number; expiringDays?: number | undefined },
): KeyAge[] {
  return Object.entries(environment.keys).map(([key, { rotation_days: rotationDays }]) => {
    const rotatedAt = rotations[key];
    const age: KeyAge = { key, state: rotationDays === undefined ? "unlimited" : "unknown" };
    if (rotationDays !== undefined) age.rotationDays = rotationDays;
    if (rotatedAt === undefined) return age;
    age.rotatedAt = rotatedAt;
    age.ageDays = Math.floor((nowMs - Date.parse(rotatedAt)) / DAY_MS);
    if (rotationDays === undefined) return age;
    const expiresMs = Date.parse(rotatedAt) + rotationDays * DAY_MS;
    const days = (expiresMs - nowMs) / DAY_MS;
    age.expiresAt = new Date(expiresMs).toISOString();
    age.expiresInDays = Math.floor(days);
    age.state = days <= 0 ? "expired" : days <= expiringDays ? "expiring" : "ok";
    return age;
  });
}

/** What {@linkcode exportKeyAges} needs of a deployment. */
interface AgedKeys {
  environment: Environment;
  rotations: Rotations;
}

/**
 * Exports `ssmd_key_expires_in_days{key}`, computed at each scrape: days until a key has to be rotated,
 * negative when it is expired. Keys without limit or without a recorded rotation have no line. It is the
 * key in use: a process that goes on with an old one after a rotation shows the old one.
 */
export function exportKeyAges(
  registry: Metrics["registry"],
  { environment, rotations }: AgedKeys,
): void {
  const name = "expires_in_days";
  const help = "Days until a key has to be rotated; negative when that is past";
  const gauge = new Metrics("key", registry).gauge(name, help, {
    labels: ["key"],
    collect: () => {
      for (const { key, expiresAt } of keyAges(environment, rotations, { nowMs: Date.now() })) {
        if (expiresAt !== undefined) {
          gauge.set({ key }, (Date.parse(expiresAt) - Date.now()) / DAY_MS);
        }
      }
    },
  });
}
