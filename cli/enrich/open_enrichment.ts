import type { EnricherSpec } from "@ssmd/enrich";
import { type Enrichment, enrichmentOf } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { assertName } from "../unknown_name.ts";
import { Registry } from "../registry/registry.ts";

/**
 * The enrichers of an environment of the registry; undefined = none is enabled. `change` says which
 * are meant in place of those that are. Throws ConfigError for an environment that is not there.
 */
export async function openEnrichment(
  context: SsmdContext,
  env: string,
  change: (specs: readonly EnricherSpec[]) => EnricherSpec[] = (specs) => [...specs],
): Promise<Enrichment | undefined> {
  const registry = await Registry.open(context.globals);
  const { enrich = [], symbols } = registry.environment(env);
  return enrichmentOf({ symbols, enrich: change(enrich) }, registry.check().instruments.values());
}

/** The place of an enricher of this name. Throws ConfigError `CONFIG_NOT_FOUND` that names the nearest. */
export function enricherIndex(specs: readonly EnricherSpec[], env: string, name: string): number {
  const names = specs.map((each) => each.name);
  const where = `of ${env}`;
  assertName({ what: "enricher", name, names, where, code: "CONFIG_NOT_FOUND" });
  return names.indexOf(name);
}
