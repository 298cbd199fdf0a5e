import { type RegistryKind, registryPathOf, YamlEdit } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { applyChanges, type ApplyOptions } from "./change.ts";
import type { EditFlags } from "./flags.ts";
import { Registry } from "./registry.ts";

/** Edits one file of the registry: reads, changes, checks all, writes. Throws ConfigError. */
export async function editFile(
  kind: RegistryKind,
  name: string,
  flags: EditFlags,
  context: SsmdContext,
  change: (edit: YamlEdit, registry: Registry) => void,
  options?: ApplyOptions,
): Promise<void> {
  const registry = await Registry.open(context.globals);
  const edit = new YamlEdit(registry.text(kind, name));
  change(edit, registry);
  const changes = new Map([[registryPathOf({ kind, name }), edit.toString()]]);
  await applyChanges(registry, changes, flags, context, options);
}
