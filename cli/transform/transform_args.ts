import { findTransform, readTransform, type StoredTransform } from "@ssmd/transforms";
import { text } from "../command/flag.ts";
import type { Globals } from "../context.ts";
import { registryDirOf } from "../registry_dir.ts";

/** The stored transform that a command is about. */
export const TRANSFORM = text("Name of a stored transform", {
  placeholder: "transform",
  required: true,
});

/** A stored transform by its name, or one in a file that is not stored. Throws UsageError. */
export async function namedTransform(globals: Globals, name: string): Promise<StoredTransform> {
  if (/\.(ts|lua)$/.test(name)) return await readTransform(name);
  return await findTransform(await registryDirOf(globals), name);
}
