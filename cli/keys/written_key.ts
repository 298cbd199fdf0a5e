import {
  type KeyAge,
  keyAges,
  type KeySpec,
  loadRotations,
  rotationPath,
  type Rotations,
  rotationsText,
  shapeFindings,
} from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { Rendered } from "../render.ts";
import { UsageError } from "../exit.ts";
import type { KeyRoom } from "./key_room.ts";
import { writeWhole } from "./private_file.ts";
import type { Values } from "./value_input.ts";

/** Throws ConfigError `KEY_SHAPE` when values are not what their fields should hold. */
export function assertShape(name: string, spec: KeySpec, values: Values): void {
  const findings = shapeFindings(spec, values);
  if (findings.length === 0) return;
  const all = findings.map(({ field, message }) => `${name}.${field} ${message}`).join("; ");
  throw new ConfigError("KEY_SHAPE", `${all}; nothing was changed`, {
    hint: "give the value as the venue or tool printed it, whole and without quotes",
  });
}

/** Writes when a key was set or rotated, or takes its entry out. */
export async function recordRotation(room: KeyRoom, name: string, at?: string): Promise<void> {
  const { dir, environment } = room;
  // Read anew: another key may have been written since.
  const { [name]: _, ...others } = await loadRotations(dir, environment.name);
  const rotations: Rotations = at === undefined ? others : { ...others, [name]: at };
  await writeWhole(rotationPath(dir, environment.name), rotationsText(rotations));
  room.rotations = rotations;
}

/** The age of one key. */
export function ageOf(room: KeyRoom, name: string): KeyAge | undefined {
  return keyAges(room.environment, room.rotations, Date.now()).find(({ key }) => key === name);
}

/** What `set` and `rotate` show: names, places and dates. */
export function writtenResult(
  room: KeyRoom,
  name: string,
  fields: readonly string[],
  path: string,
): Rendered {
  const { rotatedAt, expiresAt } = ageOf(room, name) ?? {};
  const value = {
    environment: room.environment.name,
    key: name,
    fields: [...fields],
    path,
    rotated_at: rotatedAt ?? null,
    expires_at: expiresAt ?? null,
  };
  const rows = Object.entries(value).map(([what, each]) => ({
    what,
    value: Array.isArray(each) ? each.join(", ") : each,
  }));
  return { value, rows };
}

/** ISO time of `--at`, a date or time that is not in the future. Throws UsageError `KEY_TIME_INVALID`. */
export function pastTime(text: string | undefined): string {
  const nowMs = Date.now();
  const ms = text === undefined ? nowMs : Date.parse(text);
  if (ms <= nowMs) return new Date(ms).toISOString();
  throw new UsageError("KEY_TIME_INVALID", `"${text}" is no date or time in the past`, {
    hint: "write it like 2026-01-31 or 2026-01-31T12:00:00Z",
  });
}
