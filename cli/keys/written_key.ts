import { z } from "zod";
import {
  type KeyAge,
  keyAges,
  loadRotations,
  rotationPath,
  type Rotations,
  rotationsText,
  shapeFindings,
} from "@ssmd/metadata";
import { ConfigError, msOfIso, writeFileAtomically } from "@ssmd/runtime";
import { UsageError } from "../exit.ts";
import type { DeclaredKey } from "./key_context.ts";
import type { Values } from "./value_input.ts";

/** Throws ConfigError `KEY_SHAPE` when a value does not have its field's shape. */
export function assertShape({ name, spec }: DeclaredKey, values: Values): void {
  const findings = shapeFindings(spec, values);
  if (findings.length === 0) return;
  const all = findings.map(({ field, message }) => `${name}.${field} ${message}`).join("; ");
  throw new ConfigError("KEY_SHAPE", `${all}; nothing was changed`, {
    hint: "Give the value as the venue or tool printed it, whole and without quotes",
  });
}

/** Records when a key was set or rotated; without `at`, removes its entry. */
export async function recordRotation({ keys, name }: DeclaredKey, at?: string): Promise<void> {
  const { dir, environment } = keys;
  // Reload: another key may have been written meanwhile.
  const { [name]: _, ...others } = await loadRotations(dir, environment.name);
  const rotations: Rotations = at === undefined ? others : { ...others, [name]: at };
  await writeFileAtomically(rotationPath(dir, environment.name), rotationsText(rotations));
  keys.rotations = rotations;
}

/** Age of a key; undefined when unknown. */
export function ageOf({ keys, name }: DeclaredKey): KeyAge | undefined {
  return keyAges(keys.environment, keys.rotations, { nowMs: Date.now() }).find(({ key }) =>
    key === name
  );
}

/** Output of `set` and `rotate`: names, paths and dates. */
export const WRITTEN_KEY = z.object({
  environment: z.string(),
  key: z.string(),
  fields: z.array(z.string()).describe("Fields whose values were written"),
  path: z.string(),
  rotated_at: z.string().nullable().describe("ISO 8601"),
  expires_at: z.string().nullable().describe("ISO 8601; null = never"),
});

/** Builds a {@linkcode WRITTEN_KEY} from the recorded rotation. */
export function writtenKey(
  key: DeclaredKey,
  fields: Iterable<string>,
  path: string,
): z.output<typeof WRITTEN_KEY> {
  const { rotatedAt, expiresAt } = ageOf(key) ?? {};
  return {
    environment: key.keys.environment.name,
    key: key.name,
    fields: [...fields],
    path,
    rotated_at: rotatedAt ?? null,
    expires_at: expiresAt ?? null,
  };
}

/** Parses `--at`, a date or time not in the future, into ISO time. Throws UsageError `KEY_TIME_INVALID`. */
export function pastTime(text: string | undefined): string {
  const nowMs = Date.now();
  const ms = text === undefined ? nowMs : msOfIso(text);
  if (ms <= nowMs) return new Date(ms).toISOString();
  throw new UsageError("KEY_TIME_INVALID", `"${text}" is no date or time in the past`, {
    hint: "Write it like 2026-01-31 or 2026-01-31T12:00:00Z",
  });
}
