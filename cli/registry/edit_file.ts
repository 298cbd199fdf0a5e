import { type RegistryKind, registryPathOf, YamlEdit } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { applyChanges, type ApplyOptions, type EditResult } from "./change.ts";
import { Registry } from "./registry.ts";

/** Edit of one registry file. */
interface FileEdit {
  kind: RegistryKind;
  name: string;
  change: (edit: YamlEdit, registry: Registry) => void;
}

/** Edits one registry file: reads, changes, validates the registry, writes. Throws ConfigError. */
export async function editFile(
  context: SsmdContext,
  { kind, name, change }: FileEdit,
  options: ApplyOptions,
): Promise<EditResult> {
  const registry = await Registry.open(context.globals);
  const edit = new YamlEdit(registry.text(kind, name));
  change(edit, registry);
  const changes = new Map([[registryPathOf({ kind, name }), edit.toString()]]);
  return await applyChanges(context, { registry, changes }, options);
}
