import { findTransform, readTransform, type StoredTransform } from "@ssmd/transforms";
import { text } from "../command/flag.ts";
import type { Globals } from "../context.ts";
import { registryDirOf } from "../registry_dir.ts";

/** Stored transform argument. */
export const TRANSFORM = text("Name of a stored transform", {
  placeholder: "transform",
  required: true,
});

/** Loads a stored transform by name, or one from a file. Throws UsageError. */
export async function namedTransform(globals: Globals, name: string): Promise<StoredTransform> {
  if (/\.(ts|lua)$/.test(name)) return await readTransform(name);
  return await findTransform(await registryDirOf(globals), name);
}
