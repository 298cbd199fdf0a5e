import type { EnricherSpec } from "@ssmd/enrich";
import { type Enrichment, enrichmentOf } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { assertName } from "../unknown_name.ts";
import { Registry } from "../registry/registry.ts";
import { checkRegistry } from "../registry/check_registry.ts";

/**
 * Enrichers of an environment in the registry; undefined = none is enabled. `change` edits the list
 * first. Throws ConfigError for an unknown environment.
 */
export async function openEnrichment(
  context: SsmdContext,
  env: string,
  change: (specs: readonly EnricherSpec[]) => EnricherSpec[] = (specs) => [...specs],
): Promise<Enrichment | undefined> {
  const registry = await Registry.open(context.globals);
  const { enrich = [], symbols } = environmentOf(registry, env);
  return enrichmentOf(
    { symbols, enrich: change(enrich) },
    checkRegistry(registry).instruments.values(),
  );
}

/** Index of an enricher by name. Throws ConfigError `CONFIG_NOT_FOUND` that suggests the nearest name. */
export function enricherIndex(specs: readonly EnricherSpec[], env: string, name: string): number {
  const names = specs.map((each) => each.name);
  const where = `of ${env}`;
  assertName({ what: "enricher", name, names, where, code: "CONFIG_NOT_FOUND" });
  return names.indexOf(name);
}
