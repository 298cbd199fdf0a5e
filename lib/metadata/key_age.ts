import { ConfigError, DAY_MS, Metrics } from "@ssmd/runtime";
import { stringify } from "yaml";
import type { Environment } from "./environment.ts";
import { entriesOf, fieldOf } from "./untyped.ts";
import { safeYaml } from "./safe_yaml.ts";

/** Registry folder with one file of key rotation times per environment. */
const ROTATION = "rotation";
const HEADER =
  "# When each key was last set or rotated; no secrets. Written by `ssmd key set` and `rotate`.\n";

/** Days before expiry from which a key counts as expiring. */
export const EXPIRING_DAYS = 14;

/** Key name → last set or rotated, ISO 8601 in UTC. */
export type Rotations = Record<string, string>;

/** Age of a key and its limit. */
export interface KeyAge {
  key: string;
  /** Maximum age, days; absent = no limit. */
  rotationDays?: number;
  /** Last set or rotated, ISO 8601; absent = unknown. */
  rotatedAt?: string;
  /** Whole days since then. */
  ageDays?: number;
  /** Rotation due time, ISO 8601. */
  expiresAt?: string;
  /** Whole days until due, rounded down; negative = expired. */
  expiresInDays?: number;
  /** `unknown` = has a limit but no recorded rotation; `unlimited` = no limit. */
  state: "ok" | "expiring" | "expired" | "unknown" | "unlimited";
}

/** Returns the path of an environment's rotation file in the registry folder `dir`. */
export function rotationPath(dir: string, environment: string): string {
  return `${dir}/${ROTATION}/${environment}.yaml`;
}

/** Loads an environment's rotations; empty without a file. Throws ConfigError `KEY_ROTATION_INVALID`. */
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

/** Formats a file for {@linkcode loadRotations}, with sorted keys. */
export function rotationsText(rotations: Rotations): string {
  const entries = Object.entries(rotations).sort(([a], [b]) => a < b ? -1 : 1);
  const content = entries.map(([key, at]) => [key, { rotated_at: at }]);
  return HEADER + (entries.length === 0 ? "{}\n" : stringify(Object.fromEntries(content)));
}

/** Returns the ages of an environment's keys at a time, ms since 1970. */
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

/** The parts of a deployment that {@linkcode exportKeyAges} needs. */
interface AgedKeys {
  environment: Environment;
  rotations: Rotations;
}

/**
 * Exports `ssmd_key_expires_in_days{key}`, computed at each scrape: days until a rotation is due,
 * negative when expired. Keys without limit or recorded rotation have no series. It describes the
 * key in use: a process that keeps an old key after a rotation shows the old one.
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
