import { type RegistryKind, registryPathOf, YamlEdit } from "@ssmd/metadata";
import { applyChanges, type ApplyOptions } from "./change.ts";
import type { EditFlags } from "./flags.ts";
import { Registry } from "./registry.ts";

type Out = { stdout: { write(text: string): void }; stderr: { write(text: string): void } };

/** Edits one file of the registry: reads, changes, checks all, writes. Throws ConfigError. */
export async function editFile(
  kind: RegistryKind,
  name: string,
  flags: EditFlags,
  out: Out,
  change: (edit: YamlEdit, registry: Registry) => void,
  options?: ApplyOptions,
): Promise<void> {
  const registry = await Registry.open(flags.dir);
  const edit = new YamlEdit(registry.text(kind, name));
  change(edit, registry);
  const changes = new Map([[registryPathOf({ kind, name }), edit.toString()]]);
  await applyChanges(registry, changes, flags, out, options);
}
