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
import { ConfigError } from "@ssmd/runtime";
import { UsageError } from "../exit.ts";
import type { DeclaredKey } from "./key_context.ts";
import { writeWhole } from "./private_file.ts";
import type { Values } from "./value_input.ts";

/** Throws ConfigError `KEY_SHAPE` when values are not what their fields should hold. */
export function assertShape({ name, spec }: DeclaredKey, values: Values): void {
  const findings = shapeFindings(spec, values);
  if (findings.length === 0) return;
  const all = findings.map(({ field, message }) => `${name}.${field} ${message}`).join("; ");
  throw new ConfigError("KEY_SHAPE", `${all}; nothing was changed`, {
    hint: "Give the value as the venue or tool printed it, whole and without quotes",
  });
}

/** Writes when a key was set or rotated, or takes its entry out. */
export async function recordRotation({ keys, name }: DeclaredKey, at?: string): Promise<void> {
  const { dir, environment } = keys;
  // Read again: another key may have been written since.
  const { [name]: _, ...others } = await loadRotations(dir, environment.name);
  const rotations: Rotations = at === undefined ? others : { ...others, [name]: at };
  await writeWhole(rotationPath(dir, environment.name), rotationsText(rotations));
  keys.rotations = rotations;
}

/** The age of a key. */
export function ageOf({ keys, name }: DeclaredKey): KeyAge | undefined {
  return keyAges(keys.environment, keys.rotations, { nowMs: Date.now() }).find(({ key }) =>
    key === name
  );
}

/** What `set` and `rotate` print: names, places and dates. */
export const WRITTEN_KEY = z.object({
  environment: z.string(),
  key: z.string(),
  fields: z.array(z.string()).describe("Fields whose values were written"),
  path: z.string(),
  rotated_at: z.string().nullable().describe("ISO 8601"),
  expires_at: z.string().nullable().describe("ISO 8601; null = never"),
});

/** The {@linkcode WRITTEN_KEY} of a key whose rotation is recorded. */
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

/** ISO time of `--at`, a date or time that is not in the future. Throws UsageError `KEY_TIME_INVALID`. */
export function pastTime(text: string | undefined): string {
  const nowMs = Date.now();
  const ms = text === undefined ? nowMs : Date.parse(text);
  if (ms <= nowMs) return new Date(ms).toISOString();
  throw new UsageError("KEY_TIME_INVALID", `"${text}" is no date or time in the past`, {
    hint: "Write it like 2026-01-31 or 2026-01-31T12:00:00Z",
  });
}
